import { answer } from './child.ts';
import { startOverload } from './paths/overload.ts';
import { startPath } from './paths/start-path.ts';
import { createRunner } from './paths/runner.ts';
import { Question, Setup } from './questions.ts';
import { createWorkload } from './workload.ts';

/** One path of the bench in a process of its own. It keeps its state: executions go on, caches stay warm. */
const setup = Setup.parse(JSON.parse(process.argv[2] ?? '{}'));
const workload = createWorkload({ executions: setup.executions, seed: setup.seed });
const volume = { messagesPerEvent: 1, bytesPerMessage: 300 };
const path = await startPath(setup, () => volume);
const runner = createRunner({ path, workload, lanes: setup.path === 'naive' ? 1 : 16 });

answer(async (asked) => {
  const question = Question.parse(asked);
  switch (question.kind) {
    case 'prepare':
      return runner.prepare(question.events);
    case 'run':
      return runner.run();
    case 'pace':
      return runner.pace(question.eventsPerSecond, question.seconds);
    case 'overload':
      return startOverload({ ...question, path, workload });
    case 'volume':
      Object.assign(volume, question);
      return {};
    case 'later':
      return { cpuSeconds: runner.laterCpuSeconds() };
  }
});
