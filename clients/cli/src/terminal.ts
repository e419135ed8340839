import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { systemClock } from '@stepcast/kit';
import { EXIT } from '@stepcast/operations';
import { runCli } from './cli.ts';
import { processEnvironment } from './config.ts';

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

// The reader of our output may have closed it (`stepcast … | head`).
stdout.on('error', () => {
  process.exit(0);
});

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
    look: {
      // https://no-color.org: present and not empty, whatever the value.
      color: stdout.isTTY && (processEnvironment.NO_COLOR ?? '') === '' && processEnvironment.TERM !== 'dumb',
      // A terminal that does not know how wide it is says 0.
      width: stdout.isTTY && stdout.columns > 0 ? Math.min(stdout.columns, 110) : 100,
    },
    confirmation:
      stdin.isTTY && stderr.isTTY
        ? {
            async type(question) {
              const terminal = createInterface({ input: stdin, output: stderr });
              const answer = await terminal.question(`${question} `);
              terminal.close();
              return answer.trim();
            },
            async confirm(question) {
              const terminal = createInterface({ input: stdin, output: stderr });
              const answer = await terminal.question(`${question} [y/N] `);
              terminal.close();
              return /^y(es)?$/i.test(answer.trim());
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
