import { randomBytes } from 'node:crypto';
import { asError, packageVersion, StepcastError, systemTimers } from '@stepcast/kit';
import { EXIT, mask, OperatorError, shortened } from '@stepcast/operations';
import { Command, CommanderError } from 'commander';
import type { CliOptions, Terminal } from './cli-options.ts';
import { helpWords } from './commands/help-words.ts';
import { addOperatorCommands } from './commands/index.ts';
import { withExamples, type CommandContext } from './commands/run.ts';
import { calledAs } from './config.ts';
import { addDoctor } from './doctor-command.ts';
import { UsageError } from './errors.ts';
import { connectOperator } from './operator/connect.ts';
import { addPermissionSet } from './permission-set-command.ts';
import { asCalled } from './report/called-as.ts';
import { printable, printableLine } from './report/lines.ts';

/**
 * Runs one command line.
 * @param argv the words after the command's name
 * @returns the exit code, one of `EXIT`; `docs/operations/cli.md` lists them
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const words = calledAs(options.environment);
  const typed = (text: string): string =>
    asCalled(
      text,
      words,
      program.commands.map((one) => one.name()),
    );
  const terminal: Terminal = {
    ...options.terminal,
    out: (text) => {
      options.terminal.out(typed(text));
    },
    err: (text) => {
      options.terminal.err(typed(text));
    },
  };
  let exitCode = 0;
  const program = createProgram({ ...options, terminal }, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...helpWords(program, argv)], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure === undefined) return EXIT.done;
    // Commander has printed its own mistakes by now.
    if (!(thrown instanceof CommanderError))
      terminal.err([`stepcast: ${failure.message}`, ...failure.more].map((line) => `${line}\n`).join(''));
    // One line, as "tail --json" prints one a line.
    if (argv.includes('--json'))
      terminal.out(`${JSON.stringify({ schema: 'stepcast.failure/v1', ...failure })}\n`);
    return failure.exitCode;
  }
}

/** What a command failed for, in words that are fit to be printed. */
interface Failure {
  readonly exitCode: number;
  /** Of the error's class; `null` for a fault of the command itself. */
  readonly code: string | null;
  readonly message: string;
  /** What to do, or how far it came. */
  readonly more: readonly string[];
}

/** What is typed may be of any length; it is quoted so far. */
const MAX_MESSAGE = 2_000;

/** @returns undefined if nothing failed: Commander throws after it has printed a help text, too */
function failureOf(thrown: unknown): Failure | undefined {
  if (thrown instanceof CommanderError)
    return thrown.exitCode === 0 ? undefined : failureOf(new UsageError(thrown.message, { cause: thrown }));
  // Names of objects stand in the errors of operators, and a name may hold an end of line.
  const line = thrown instanceof OperatorError ? printableLine : printable;
  const message = shortened(line(mask(asError(thrown).message)), MAX_MESSAGE);
  if (thrown instanceof UsageError) return { exitCode: EXIT.usage, code: thrown.code, message, more: [] };
  if (thrown instanceof OperatorError)
    return { exitCode: thrown.exitCode, code: thrown.code, message, more: thrown.more.map(printableLine) };
  return thrown instanceof StepcastError
    ? { exitCode: EXIT.unreachable, code: thrown.code, message, more: [] }
    : { exitCode: EXIT.fault, code: null, message, more: [] };
}

function createProgram(options: CliOptions, exit: (code: number) => void): Command {
  const { terminal } = options;
  const program = new Command('stepcast')
    .description('Operates a Stepcast deployment: looks up, replays, mends, and diagnoses it link by link.')
    .version(packageVersion(import.meta.url), '--version', 'print the version of this command')
    .exitOverride()
    .showHelpAfterError('(add --help for the commands and options that there are)')
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.err(
          text
            .split('\n')
            .map((line) => shortened(printableLine(line), MAX_MESSAGE))
            .join('\n'),
        );
      },
    });
  withExamples(program, [
    ['stepcast doctor', 'what is broken between sign-in and the page, and how to mend it'],
    [
      'stepcast lookup s3://uploads/users/us-east-1:…/photo.png',
      'whose it is, how far it came, what waits and why',
    ],
    ['stepcast stats --json', 'what waits, for a monitor'],
    ['stepcast help replay', 'everything about a command'],
  ]);

  addDoctor(program, options, exit);
  addPermissionSet(program, options, exit);
  addOperatorCommands(program, commandContext(options, exit));
  return program;
}

function commandContext(
  { terminal, environment, nowMs, connectOperator: connectTo }: CliOptions,
  exit: (code: number) => void,
): CommandContext {
  return {
    environment,
    out: (text) => {
      terminal.out(text);
    },
    err: (text) => {
      terminal.err(text);
    },
    confirmation: terminal.confirmation,
    showsProgress: terminal.showsProgress ?? false,
    columns: terminal.style.width,
    interruption: terminal.interruption ?? (() => new AbortController().signal),
    readInput:
      terminal.pieces ??
      async function* () {
        yield await terminal.readInput();
      },
    connect:
      connectTo ??
      ((settings) =>
        connectOperator(settings, {
          clock: { nowMs },
          timers: systemTimers,
          newId: () => randomBytes(8).toString('hex'),
        })),
    exit,
  };
}
