import type { Environment } from '@stepcast/kit';
import type { Command } from 'commander';
import { loadSandboxPlace, signInToSandbox } from './adapters/sandbox-place.adapter.ts';
import { runDoctor } from './application/run-doctor.ts';
import type { CliOptions } from './cli-options.ts';
import { withExamples } from './commands/run.ts';
import { connectToAws, connectToSandbox, type Connections } from './compose.ts';
import { readDoctorOptions, setupOf, type DoctorOptions } from './config.ts';
import { withDoctorOptions } from './doctor-options.ts';
import { exitCodeOf } from './domain/diagnose.ts';
import { explain } from './domain/explain/explain.ts';
import { allLinks } from './domain/links/index.ts';
import type { Setup } from './domain/setup.ts';
import { UsageError } from './errors.ts';
import { loadSandboxOperator } from './operator/adapters/sandbox-operator.adapter.ts';
import type { Confirmation } from './ports/repairs.port.ts';
import { preflight } from './preflight.ts';
import { renderExplanation } from './report/explanation.ts';
import { renderHuman } from './report/human.ts';
import { renderJson } from './report/json.ts';

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

/** `stepcast doctor`, and `stepcast doctor explain`. */
export function addDoctor(program: Command, options: CliOptions, exit: (code: number) => void): void {
  const { terminal } = options;
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
          : renderExplanation(explanation, terminal.style),
      );
      exit(explanation.known ? 0 : 3);
    });

  withExamples(explaining, [['stepcast doctor explain "ForbiddenException: No access"', 'a message of AWS']]);
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
          terminal.style,
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
        : renderHuman(headerOf(run.setup), run.diagnosis, run.fixes, terminal.style),
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
