import { parseArgs } from 'node:util';
import { isError, StepcastError } from '@stepcast/kit';
import type { DefinitionSource } from './workflow/index.ts';

/** What `--help` prints. */
export const USAGE = `Usage: npm start -- [options]

  --definition FILE   your own state machine (Amazon States Language, JSON or YAML) instead of the photo workflow
  --cdk DIR|FILE      the state machine of what "npx cdk synth" wrote: cdk.out, or one template of it
  --sam FILE          the state machine of a SAM or CloudFormation template, in YAML or JSON
  --serverless FILE   the state machine of a serverless.yml with the plugin serverless-step-functions
  --state-machine NAME  which one, where a template has several; the others are there to be started by it
  --handlers FILE     a module whose exports are the functions that its tasks call; stand-ins answer for those it lacks
  --mocks FILE[#CASE] answers in place of tasks, in the mock configuration of Step Functions Local
  --stand-ins FILE    how long stand-ins take, and which of them fail: {"states": {"Resize": {"seconds": [1, 4],
                      "fails": {"error": "Busy", "times": 2}}}}, and "default" for all others
  --speed NUMBER      Waits, pauses before retries and stand-ins pass so many times faster (default 1)
  --watch             takes definition, handlers, mocks and settings of stand-ins anew when their files change
  --check FILE…       say of each definition whether it runs as it is, with stand-ins, or not; starts nothing.
                      --cdk, --sam and --serverless name templates; --json for programs; exit code 1 when one is refused
  --mode MODE         managed: Stepcast starts the workflow (default); observed: a rule does
  --input FILE        what that rule gives to the workflow, as the target of a rule in EventBridge says it: InputTransformer,
                      InputPath or Input (default: the event)
  --recording FILE    an execution that ran elsewhere, to be replayed here; may be given several times:
                      {"execution": …, "history": …} with what the AWS CLI prints for
                      stepfunctions describe-execution and get-execution-history (or POST it to /executions)
  --data DIR          keeps objects, tables, queues, executions, retained messages, people and their rights over restarts
  --guests            let people in without signing in
  --feed              feed back offices: correlation events on {namespace}/integration/#, for the MQTT user "integration"
  --faults LIST       misbehave on the way of events to Stepcast, for example
                      duplicate=0.2,lose=0.1,reorder=0.3,delay=0.1,truncate=0.05; loseUploads=0.1 loses what
                      starts a workflow. The page can switch them while it runs
  --seed NUMBER       of the faults; the same seed misbehaves the same way (default 1)
  --help              this text
  --version           the version of the sandbox

Environment: PORT (4200), HOST (127.0.0.1), MQTT_PORT (any free one), STEPCAST_LOG_LEVEL (warn),
STEPCAST_SANDBOX_CREDENTIAL_SECONDS (3600): after so long credentials end, and connections opened with them,
STEPCAST_SANDBOX_ALLOWED_ORIGINS (pages of this machine): origins of web pages that may use the sandbox, as CORS in AWS,
STEPCAST_SANDBOX_ALLOWED_HOSTS (localhost and addresses): names under which it is reached, STEPCAST_SANDBOX_TOKEN (a new one),
STEPCAST_PROJECTIONS ([]): what may leave of inputs and outputs, as in a deployment,
STEPCAST_OWNERSHIP_INPUT_PATHS ([]): where inputs name their object in a form of their own, as ownership.inputPaths of a deployment.
`;

const optionShape = {
  definition: { type: 'string' },
  handlers: { type: 'string' },
  mocks: { type: 'string' },
  cdk: { type: 'string' },
  sam: { type: 'string' },
  serverless: { type: 'string' },
  'state-machine': { type: 'string' },
  'stand-ins': { type: 'string' },
  speed: { type: 'string', default: '1' },
  watch: { type: 'boolean', default: false },
  data: { type: 'string' },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  mode: { type: 'string', default: 'managed' },
  input: { type: 'string' },
  recording: { type: 'string', multiple: true },
  guests: { type: 'boolean', default: false },
  feed: { type: 'boolean', default: false },
  faults: { type: 'string', default: '' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** Thrown when the command line is not usable. The message says what to write instead. */
export class SandboxUsageError extends StepcastError {
  readonly code = 'SANDBOX_USAGE';
  readonly retryable = false;
}

/** What to throw of a wrong option. */
export function usageError(problem: string): SandboxUsageError {
  // What Node says of options goes on with advice on arguments that begin with a dash, of which there are none.
  return new SandboxUsageError(
    `${problem.split('. To specify', 1)[0] ?? problem}; npm start -- --help lists the options`,
  );
}

/** What the command line says, unchecked but for the names. @throws SandboxUsageError */
export function parseOptions(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: optionShape,
      allowPositionals: true,
    });
    if (positionals.length > 0 && !values.check) throw usageError(`unexpected: ${positionals.join(' ')}`);
    return { ...values, positionals };
  } catch (thrown) {
    if (thrown instanceof SandboxUsageError) throw thrown;
    throw usageError(isError(thrown) ? thrown.message : String(thrown));
  }
}

const templates = ['cdk', 'sam', 'serverless'] as const;
/** The options that name a template. */
export const TEMPLATE_OPTIONS = '--cdk, --sam or --serverless';

/** Where the definition is, by whichever option names it. @throws SandboxUsageError */
export function definitionOf(options: ReturnType<typeof parseOptions>): DefinitionSource | undefined {
  const { definition, 'state-machine': stateMachine } = options;
  const given = (['definition', ...templates] as const).filter((option) => options[option] !== undefined);
  if (given.length > 1)
    throw usageError(`one of ${given.map((option) => `--${option}`).join(' and ')} is enough`);
  const template = templates.find((option) => options[option] !== undefined);
  if (stateMachine !== undefined && template === undefined)
    throw usageError(`--state-machine goes with ${TEMPLATE_OPTIONS}`);
  if (definition !== undefined) return { kind: 'file', path: definition };
  const path = template === undefined ? undefined : options[template];
  if (template === undefined || path === undefined) return undefined;
  return { kind: 'template', option: `--${template}`, path, stateMachine };
}

/** Whether the command line asks for the version, and for no help beside it. @throws SandboxUsageError */
export function asksForVersion(argv: readonly string[]): boolean {
  const { help, version } = parseOptions(argv);
  return version && !help;
}
