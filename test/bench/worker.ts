import { answer } from './child.ts';
import { startOverload } from './paths/overload.ts';
import { startPath } from './paths/start-path.ts';
import { createRunner } from './paths/runner.ts';
import { Question, Setup } from './questions.ts';
import { createWorkload } from './workload.ts';

/** One path of the bench in a process of its own. It keeps its state: executions go on, caches stay warm. */
const setup = Setup.parse(JSON.parse(process.argv[2] ?? '{}'));
/** How payloads are offered: side by side, and from how many executions at least. The naive model knows one way only. */
const USUAL = { lanes: 40, minExecutions: 240 };
const MANNERS = {
  ceiling: USUAL,
  twin: USUAL,
  engine: USUAL,
  naive: { lanes: 1, minExecutions: 5 },
  // Over HTTP one payload may overtake another: those side by side hold no execution twice.
  feeder: { lanes: 16, minExecutions: 120 },
};
const workload = createWorkload({ executions: setup.executions, seed: setup.seed });
const volume = { messagesPerEvent: 1, bytesPerMessage: 300 };
const path = await startPath(setup, () => volume);
const { executions, seed } = setup;
const runner = createRunner({ path, workload, executions, seed, ...MANNERS[setup.path] });

answer(async (asked) => {
  const question = Question.parse(asked);
  switch (question.kind) {
    case 'prepare':
      return runner.prepare(question.events);
    case 'run':
      return runner.run();
    case 'advance':
      return runner.advance(question.events);
    case 'pace':
      return runner.pace(question.eventsPerSecond, question.seconds);
    case 'overload':
      return startOverload({ ...question, path, workload });
    case 'volume':
      Object.assign(volume, question);
      return {};
  }
});
