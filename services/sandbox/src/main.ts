import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  asError,
  createLogger,
  errorFields,
  packageVersion,
  StepcastError,
  systemTimers,
} from '@stepcast/kit';
import { AwsError } from './core/index.ts';
import {
  processEnvironment,
  readCheckCommand,
  readSandboxConfig,
  type CheckCommand,
  type SandboxConfig,
} from './config.ts';
import { asksForVersion, USAGE } from './options.ts';
import { runCheck } from './check/run-check.ts';
import { hasService } from './compose/task-services.ts';
import { readyMessage } from './compose/ready-message.ts';
import { startSandbox } from './sandbox.ts';
import { createHandlerPool } from './workflow/worker/handler-pool.ts';

/** The pages are built beside the sources; a container without them serves none. */
const CLIENTS = join(import.meta.dirname, '..', '..', '..', 'clients');
const PAGE = join(CLIENTS, 'demo', 'dist');
const OPERATIONS = join(CLIENTS, 'ops', 'dist');
/** SIGINT and SIGTERM stop within 5 seconds: polite until here, then by force. */
const POLITE_STOP_MS = 3_000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Ends the process with a message for a person. */
function fail(thrown: unknown): never {
  const error = asError(thrown);
  const expected = thrown instanceof StepcastError || thrown instanceof AwsError;
  process.stderr.write(
    `\nThe sandbox did not start: ${error.message}\n${expected ? '' : `${error.stack ?? ''}\n`}`,
  );
  process.exit(1);
}

/** Ends with 1 when a definition is refused. */
async function check(command: CheckCommand): Promise<void> {
  const { report, isRefused } = await runCheck(command, {
    where: command,
    functions: await functionsIn(command.handlersPath),
    hasService,
  });
  process.stdout.write(report);
  process.exitCode = isRefused ? 1 : 0;
}

async function functionsIn(handlersPath: string | undefined): Promise<readonly string[]> {
  if (handlersPath === undefined) return [];
  const pool = createHandlerPool({ file: resolve(handlersPath), threads: 1, timers: systemTimers });
  try {
    return await pool.names();
  } finally {
    await pool.close();
  }
}

async function start(config: SandboxConfig | 'help'): Promise<void> {
  if (config === 'help') say(USAGE);
  else await run(config);
}

/** The last line. An execution that is under way ends with the sandbox, and so does what it has just logged. */
function stoppedMessage(undelivered: number): string {
  if (undelivered === 0) return 'Stopped.';
  return `Stopped. A workflow was under way; ${undelivered} of its log records and events came no further.`;
}

async function run(config: SandboxConfig): Promise<void> {
  const logger = createLogger({ service: 'sandbox', level: config.logLevel });
  const sandbox = await startSandbox({
    config,
    logger,
    say,
    ...(existsSync(PAGE) ? { pageDirectory: PAGE } : {}),
    ...(existsSync(OPERATIONS) ? { operationsDirectory: OPERATIONS } : {}),
  });
  say(readyMessage(sandbox.info, sandbox.url, config, sandbox.token));

  let stopping = false;
  const stop = () => {
    if (stopping) {
      void sandbox.stop({ force: true });
      return;
    }
    stopping = true;
    say('\nStopping…');
    const impatience = setTimeout(() => void sandbox.stop({ force: true }), POLITE_STOP_MS);
    sandbox.stop().then(
      () => {
        clearTimeout(impatience);
        say(stoppedMessage(sandbox.relays.undelivered()));
        process.exit(0);
      },
      (thrown: unknown) => {
        logger.error(errorFields(thrown), 'not stopped cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

try {
  const argv = process.argv.slice(2);
  const command = readCheckCommand(processEnvironment, argv);
  if (asksForVersion(argv)) say(packageVersion(import.meta.url));
  else if (command === undefined) await start(readSandboxConfig(processEnvironment, argv));
  else await check(command);
} catch (thrown) {
  fail(thrown);
}
