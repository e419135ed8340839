import { asError, StepcastError, type Environment } from '@stepcast/kit';
import { Command, CommanderError } from 'commander';
import { loadSandboxPlace, signInToSandbox } from './adapters/sandbox-place.adapter.ts';
import { runDoctor } from './application/run-doctor.ts';
import { connectToAws, connectToSandbox, type Connections } from './compose.ts';
import { readDoctorOptions, setupOf, type DoctorOptions } from './config.ts';
import { exitCodeOf } from './domain/diagnose.ts';
import { explain } from './domain/explain/explain.ts';
import { allLinks } from './domain/links/index.ts';
import { mask } from './domain/masking.ts';
import { permissionSet, PURPOSES } from './domain/permission-set/permission-set.ts';
import type { Setup } from './domain/setup.ts';
import { UsageError } from './errors.ts';
import type { Confirmation } from './ports/repairs.port.ts';
import { renderExplanation } from './report/explanation.ts';
import { renderHuman, type Look } from './report/human.ts';
import { renderJson } from './report/json.ts';
import { readPermissionSetOptions } from './permission-set-options.ts';

/** The terminal, as far as the command needs one. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly look: Look;
  /** Absent where nobody can answer. */
  readonly confirmation: Confirmation | undefined;
  readInput(): Promise<string>;
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
}

/** For a command line that cannot be used, and for everything that is not a finding. */
const USAGE_EXIT = 64;
const INTERNAL_EXIT = 70;

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
    connections: connectToSandbox(place, person, environment),
  };
}

/**
 * Runs one command line.
 * @param argv the words after the command's name
 * @returns the exit code: 0 nothing wrong, 1 warnings, 2 failures, 3 nothing could be checked, 64 wrong usage, 70 a fault
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const { terminal } = options;
  let exitCode = 0;
  const program = createProgram(options, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    // Commander has printed help, version or the mistake by now.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE_EXIT;
    if (thrown instanceof UsageError) {
      terminal.err(`stepcast: ${mask(thrown.message)}\n`);
      return USAGE_EXIT;
    }
    terminal.err(`stepcast: ${mask(asError(thrown).message)}\n`);
    return thrown instanceof StepcastError ? 3 : INTERNAL_EXIT;
  }
}

function createProgram(options: CliOptions, exit: (code: number) => void): Command {
  const { terminal } = options;
  const program = new Command('stepcast')
    .description('Diagnoses a Stepcast deployment, link by link.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.err(text);
      },
    });
  const collect = (value: string, before: readonly string[] = []) => [...before, value];

  const doctor = program
    .command('doctor')
    .description(
      'walk the chain from sign-in to the last queue, and name the broken link with the repairing command',
    )
    .option('--region <region>', 'region of the deployment (AWS_REGION)')
    .option('--profile <name>', 'profile of the AWS configuration file; its sign-in is checked too')
    .option('--stack <name>', 'CloudFormation stack whose outputs fill in what is not given')
    .option('--account-id <digits>', 'account of the deployment')
    .option('--identity-pool-id <id>')
    .option('--user-pool-id <id>')
    .option('--user-pool-client-id <id>')
    .option('--identity <id>', 'one identity ID (region:guid) to ask about')
    .option('--authenticated-role <name>')
    .option('--guest-role <name>')
    .option('--iot-policy <name>')
    .option('--topic-namespace <namespace>')
    .option('--persistent-sessions', 'clients keep MQTT sessions across connections')
    .option('--bucket <name>')
    .option('--key-template <template>', 'for example users/{identityId}/')
    .option('--origin <origin>', 'of the web application, for CORS')
    .option('--size <size>', 'small: one engine (default); large: correlator and publisher apart')
    .option('--state-machine <arn>')
    .option('--log-group <name>', 'default: the one that the state machine logs to')
    .option('--forwarder <name>', 'name of the forwarder’s function')
    .option('--kvs-channels <pattern>', 'signaling channels, for example session-*')
    .option('--kvs-speakers', 'every signed-in person may be master')
    .option('--kvs-guests', 'people who are not signed in are meant to listen')
    .option('--env-file <path>', 'settings of an application (.env or JSON); may be repeated', collect)
    .option('--template <path>', 'CloudFormation template; may be repeated', collect)
    .option('--endpoint <url>', 'the sandbox, for example http://127.0.0.1:4200')
    .option('--user <name>', 'user of the sandbox to sign in (default: the first)')
    .option('--only <areas>', 'areas or links to look at, for example iot,s3.cors')
    .option('--json', 'print the diagnosis for programs')
    .option('--fix', 'make the repairs that only add; each is shown and asked for')
    .option('--yes', 'do not ask before a repair')
    .action(async (_given: unknown, command: Command) => {
      exit(await doctorAction(readDoctorOptions(command.opts()), options));
    });

  doctor
    .command('explain')
    .description('say what an error message of AWS means; "-" reads it from the standard input')
    .argument('<message...>')
    .option('--json')
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

  program
    .command('permission-set')
    .description('print a least-privilege inline policy for IAM Identity Center')
    .requiredOption('--for <purpose>', PURPOSES.join(', '))
    .requiredOption('--account-id <digits>')
    .requiredOption('--region <region>')
    .option('--identity-pool-id <id>')
    .option('--bucket <name>')
    .option('--state-machine <name>', 'name; may be repeated', collect)
    .option('--stack <name>', 'prefix of the stacks', 'stepcast')
    .option('--qualifier <text>', 'of the CDK bootstrap', 'hnb659fds')
    .action((_given: unknown, command: Command) => {
      const built = permissionSet(readPermissionSetOptions(command.opts()));
      terminal.out(`${JSON.stringify(built.document, undefined, 2)}\n`);
      terminal.err(built.notes.map((note) => `${note}\n`).join(''));
      exit(0);
    });
  return program;
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
      links,
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
