import { text } from 'node:stream/consumers';
import { systemClock } from '@stepcast/kit';
import { EXIT } from '@stepcast/operations';
import { runCli } from './cli.ts';
import { processEnvironment } from './config.ts';
import { watchOutput } from './output.ts';
import { ask } from './questions.ts';

const { stdin, stdout, stderr } = process;

/** The first Ctrl+C asks the command to stop where it can go on later; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  });
  process.on('SIGTERM', () => {
    controller.abort();
  });
  return controller.signal;
}

const answerTo = (question: string): Promise<string> =>
  ask({ input: stdin, output: stderr }, question, () => {
    process.exit(EXIT.interrupted);
  });

watchOutput(stdout, stderr, (code) => process.exit(code));

// A command that only waits, between two questions to AWS, has nothing open by which Node would know that it goes on.
const awake = setInterval(() => undefined, 60_000);
process.exitCode = await runCli(process.argv.slice(2), {
  environment: processEnvironment,
  nowMs: () => systemClock.nowMs(),
  terminal: {
    out: (line) => {
      stdout.write(line);
    },
    err: (line) => {
      stderr.write(line);
    },
    style: {
      // https://no-color.org: present and not empty, whatever the value.
      color: stdout.isTTY && (processEnvironment.NO_COLOR ?? '') === '' && processEnvironment.TERM !== 'dumb',
      // A terminal that does not know how wide it is says 0.
      width: stdout.isTTY && stdout.columns > 0 ? Math.min(stdout.columns, 110) : 100,
    },
    confirmation:
      stdin.isTTY && stderr.isTTY
        ? {
            async type(question) {
              return (await answerTo(`${question} `)).trim();
            },
            async confirm(question) {
              return /^y(es)?$/i.test((await answerTo(`${question} [y/N] `)).trim());
            },
          }
        : undefined,
    readInput: () => text(stdin),
    async *pieces() {
      stdin.setEncoding('utf8');
      for await (const piece of stdin) yield String(piece);
    },
    showsProgress: stderr.isTTY,
    interruption,
  },
});
clearInterval(awake);
