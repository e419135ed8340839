import { randomBytes } from 'node:crypto';
import { asError, packageVersion, StepcastError, systemTimers, type Environment } from '@stepcast/kit';
import { Command, CommanderError } from 'commander';
import { loadSandboxPlace, signInToSandbox } from './adapters/sandbox-place.adapter.ts';
import { addOperatorCommands } from './commands/index.ts';
import { helpWords } from './commands/help-words.ts';
import { withExamples, type CommandContext } from './commands/run.ts';
import { runDoctor } from './application/run-doctor.ts';
import { connectToAws, connectToSandbox, type Connections } from './compose.ts';
import { calledAs, readDoctorOptions, setupOf, type DoctorOptions } from './config.ts';
import { withDoctorOptions } from './doctor-options.ts';
import { exitCodeOf } from './domain/diagnose.ts';
import { explain } from './domain/explain/explain.ts';
import { allLinks } from './domain/links/index.ts';
import { EXIT, mask, OperatorError, shortened } from '@stepcast/operations';
import type { Setup } from './domain/setup.ts';
import { UsageError } from './errors.ts';
import { connectOperator, type DeploymentOperator } from './operator/connect.ts';
import { loadSandboxOperator } from './operator/adapters/sandbox-operator.adapter.ts';
import type { PlaceSettings } from './operator/options.ts';
import type { Confirmation } from './ports/repairs.port.ts';
import { asCalled } from './report/called-as.ts';
import { renderExplanation } from './report/explanation.ts';
import { renderHuman, type Look } from './report/human.ts';
import { renderJson } from './report/json.ts';
import { printable, printableLine } from './report/lines.ts';
import { preflight, type ConnectPreflight } from './preflight.ts';
import { addPermissionSet } from './permission-set-command.ts';

/** The terminal, as far as the command needs one. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly look: Look;
  /** Absent where nobody can answer. */
  readonly confirmation: Confirmation | undefined;
  readInput(): Promise<string>;
  /** Standard input, piece by piece. Default: all of `readInput` at once. */
  readonly pieces?: () => AsyncIterable<string>;
  /** Whether standard error is a terminal that can show progress in one line. Default no. */
  readonly showsProgress?: boolean;
  /** From the first call on, Ctrl+C does not end the process but aborts the signal. Default: it never does. */
  readonly interruption?: () => AbortSignal;
}

export interface CliOptions {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly nowMs: () => number;
  /** How the doctor reaches what it asks; tests give snapshots. */
  readonly connect?: (
    options: DoctorOptions,
    environment: Environment,
  ) => Promise<{ readonly setup: Setup; readonly connections: Connections }>;
  /** How the doctor reaches an account before there is a deployment; tests give snapshots. */
  readonly connectPreflight?: ConnectPreflight;
  /** How the commands for operators reach what they work with. */
  readonly connectOperator?: (settings: PlaceSettings) => Promise<DeploymentOperator>;
}

/** Reaches AWS, or the sandbox where `--endpoint` names one. @throws UsageError, SandboxUnreachableError */
export async function connect(
  options: DoctorOptions,
  environment: Environment,
): Promise<{ readonly setup: Setup; readonly connections: Connections }> {
  if (options.endpoint === undefined) {
    const setup = setupOf(options, environment, undefined);
    return { setup, connections: connectToAws(setup, environment) };
  }
  const url = options.endpoint.replace(/\/$/, '');
  const place = await loadSandboxPlace(url);
  const person = await signInToSandbox(place, url, options.user);
  return {
    setup: setupOf(options, environment, { place, identityId: person.identityId, url }),
    connections: connectToSandbox(place, person, await loadSandboxOperator(url), environment),
  };
}

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

  const doctor = program
    .command('doctor')
    .description(
      'walk the chain from sign-in to the last queue, and name the broken link with the repairing command',
    )
    .action(async (_given: unknown, command: Command) => {
      const given = readDoctorOptions(command.opts(), options.environment);
      exit(await (given.before === undefined ? doctorAction : preflightAction)(given, options));
    });

  withDoctorOptions(doctor);
  withExamples(doctor, [
    ['stepcast doctor --before deploy --settings stepcast.json', 'an account before there is a deployment'],
    ['stepcast doctor --stack stepcast --region us-east-1', 'a deployment'],
    ['stepcast doctor --endpoint http://127.0.0.1:4200 --only pool,iot', 'parts of the sandbox'],
  ]);
  const explaining = doctor
    .command('explain')
    .description('say what an error message of AWS means; "-" reads it from the standard input')
    .argument('<message...>')
    .option('--json', 'print JSON for programs')
    .action(async (words: string[], _given: unknown, command: Command) => {
      const text = words.join(' ') === '-' ? await terminal.readInput() : words.join(' ');
      const explanation = explain(text);
      // "--json" is an option of the parent too, and commander gives it to whichever reads it first.
      terminal.out(
        command.optsWithGlobals().json === true
          ? `${JSON.stringify({ schema: 'stepcast.explain/v1', ...explanation }, undefined, 2)}\n`
          : renderExplanation(explanation, terminal.look),
      );
      exit(explanation.known ? 0 : 3);
    });

  withExamples(explaining, [['stepcast doctor explain "ForbiddenException: No access"', 'a message of AWS']]);

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
    columns: terminal.look.width,
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

async function preflightAction(options: DoctorOptions, cli: CliOptions): Promise<number> {
  const { terminal, environment } = cli;
  const { plan, diagnosis } = await preflight(options, environment, cli.connectPreflight);
  const { region, account: accountId, stackName } = plan;
  terminal.out(
    options.json
      ? renderJson({ region, accountId }, diagnosis, [])
      : renderHuman(
          `Before ${stackName} is deployed: ${region}, account ${accountId}`,
          diagnosis,
          [],
          terminal.look,
        ),
  );
  return exitCodeOf(diagnosis);
}

async function doctorAction(options: DoctorOptions, cli: CliOptions): Promise<number> {
  const { terminal, environment, nowMs } = cli;
  const all = allLinks(nowMs);
  const areas = options.only?.split(',').map((one) => one.trim());
  const links =
    areas === undefined
      ? all
      : all.filter(({ id }) => areas.some((area) => id === area || id.startsWith(`${area}.`)));
  if (links.length === 0)
    throw new UsageError(
      `--only ${options.only ?? ''} names no link; there are ${[...new Set(all.map(({ id }) => id.split('.')[0] ?? ''))].join(', ')}`,
    );
  const { setup, connections } = await (cli.connect ?? connect)(options, environment);
  try {
    const run = await runDoctor(
      { all, isAsked: (link) => links.includes(link) },
      setup,
      connections.sources,
      options.fix
        ? {
            repairs: connections.repairs,
            confirmation: options.yes ? always : (terminal.confirmation ?? never),
            show: (lines) => {
              terminal.err(`${lines.join('\n')}\n`);
            },
          }
        : undefined,
    );
    terminal.out(
      options.json
        ? renderJson(run.setup, run.diagnosis, run.fixes)
        : renderHuman(headerOf(run.setup), run.diagnosis, run.fixes, terminal.look),
    );
    return exitCodeOf(run.diagnosis);
  } finally {
    connections.close();
  }
}

const always: Confirmation = { confirm: () => Promise.resolve(true) };
const never: Confirmation = { confirm: () => Promise.resolve(false) };

function headerOf(setup: Setup): string {
  const where =
    setup.sandboxUrl === undefined
      ? `account ${setup.accountId ?? 'unknown'}`
      : `the sandbox at ${setup.sandboxUrl}`;
  return `Stepcast doctor: ${setup.region}, ${where}`;
}
