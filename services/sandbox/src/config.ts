import { parseArgs } from 'node:util';
import { DEFAULT_KEY_TEMPLATE, DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import { ENV } from '@stepcast/wire';
import { isError, LOG_LEVELS, readConfig, StepcastError, type Environment } from '@stepcast/kit';
import * as z from 'zod';
import type { DefinitionSource } from './workflow/index.ts';

const probability = z.coerce.number().min(0).max(1);

/** How the sandbox may misbehave on the way of events to Stepcast, each a probability from 0 to 1. */
export const FaultRates = z.object({
  duplicate: probability.default(0),
  reorder: probability.default(0),
  delay: probability.default(0),
  truncate: probability.default(0),
  /** Of log events and status changes, which the execution history makes good. */
  lose: probability.default(0),
  /** Of S3's events, which nothing makes good: the upload waits for a workflow that nobody starts. */
  loseUploads: probability.default(0),
});
export type FaultRates = z.infer<typeof FaultRates>;

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '');
}

const SandboxConfig = z.object({
  /** Address that the sandbox listens on. */
  host: z.string().default('127.0.0.1'),
  /** Port of everything but MQTT over TCP; 0: any free one. */
  port: z.coerce.number().int().min(0).max(65_535).default(4200),
  /** TCP listener of the broker, for services. 0: any free port. */
  mqttPort: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Least severe log lines that are written. */
  logLevel: z.enum(LOG_LEVELS).default('warn'),
  topicNamespace: z.string().default(DEFAULT_TOPIC_NAMESPACE),
  keyTemplate: z.string().default(DEFAULT_KEY_TEMPLATE),
  /** What may leave of inputs and outputs, as the services read it. */
  projections: z.string().default('[]'),
  /** Where inputs name their object in a form of their own, in observed mode, as the services read it. */
  inputPaths: z.string().default('[]'),
  /** Region in ARNs and addresses. */
  region: z.string().default('us-east-1'),
  /** Account in ARNs and addresses. */
  accountId: z
    .string()
    .regex(/^\d{12}$/, 'not an account ID (12 digits)')
    .default('111122223333'),
  /** How long credentials of the identity pool are good; in AWS always an hour. Short ones show how a client renews. */
  credentialSeconds: z.coerce.number().int().min(1).max(3_600).default(3_600),
  /** Where a forwarder of its own listens. When set, the sandbox runs no inner services: they are somewhere else. */
  forwarderUrl: z.url().optional(),
  /** Base address of a provisioner of its own, as clients reach it. */
  provisionerUrl: z.url().optional(),
  /** Secret key and MQTT password of services that run somewhere else. */
  serviceSecret: z.string().min(16).optional(),
  /** SQS hides a received message no longer than this, whatever the consumer asks for. Chaos tests do not wait a minute. */
  maxVisibilitySeconds: z.coerce.number().int().min(1).max(43_200).optional(),
  /** What routes ask for that only scripts use. Default: a new one with every start, printed. */
  token: z.string().min(16).optional(),
  /** What functions bring along when they report their progress; of services outside of the sandbox the same. */
  reportToken: z.string().min(16).optional(),
  /** Comma-separated names, besides localhost, under which the sandbox is reached. */
  allowedHosts: z.string().default('').transform(listOf),
  /** Comma-separated origins of web pages that may use the sandbox; `*` for any. Default: those of this machine. */
  allowedOrigins: z.string().transform(listOf).optional(),
  /** Base address that clients get, when it is not the one listened on. */
  publicUrl: z.url().optional(),
});

const names = {
  host: ENV.host,
  port: ENV.port,
  mqttPort: 'MQTT_PORT',
  logLevel: ENV.logLevel,
  topicNamespace: ENV.topicNamespace,
  keyTemplate: ENV.keyTemplate,
  projections: 'STEPCAST_PROJECTIONS',
  inputPaths: 'STEPCAST_OWNERSHIP_INPUT_PATHS',
  region: 'STEPCAST_SANDBOX_REGION',
  accountId: 'STEPCAST_SANDBOX_ACCOUNT_ID',
  credentialSeconds: 'STEPCAST_SANDBOX_CREDENTIAL_SECONDS',
  forwarderUrl: 'STEPCAST_SANDBOX_FORWARDER_URL',
  provisionerUrl: 'STEPCAST_SANDBOX_PROVISIONER_URL',
  serviceSecret: 'STEPCAST_SANDBOX_SERVICE_SECRET',
  maxVisibilitySeconds: 'STEPCAST_SANDBOX_MAX_VISIBILITY_SECONDS',
  token: 'STEPCAST_SANDBOX_TOKEN',
  reportToken: ENV.reportToken,
  allowedHosts: 'STEPCAST_SANDBOX_ALLOWED_HOSTS',
  allowedOrigins: 'STEPCAST_SANDBOX_ALLOWED_ORIGINS',
  publicUrl: 'STEPCAST_SANDBOX_PUBLIC_URL',
} as const;

export interface SandboxConfig extends z.infer<typeof SandboxConfig> {
  /** Who starts the workflow: Stepcast under a name of its own making, or a rule, as in an installation that is only observed. */
  readonly mode: 'managed' | 'observed';
  /** File that says what that rule gives to the workflow. Default: the event. */
  readonly input: string | undefined;
  readonly guests: boolean;
  /** Whether there is the feed for back offices. */
  readonly feed: boolean;
  readonly workflow:
    { readonly definition: DefinitionSource; readonly handlersPath: string | undefined } | undefined;
  /** Mock configuration of Step Functions Local, `FILE` or `FILE#TestCase`. */
  readonly mocks: string | undefined;
  /** File that says how long stand-ins take, and which fail. */
  readonly standIns: string | undefined;
  /** How many times faster than they say Waits, pauses before retries and stand-ins pass. */
  readonly speed: number;
  /** Whether changed files replace the workflow. */
  readonly watch: boolean;
  /** Folder in which everything is kept over restarts. */
  readonly data: string | undefined;
  /** Files with executions that ran somewhere else, to be answered for. */
  readonly recordings: readonly string[];
  readonly faults: FaultRates;
  /** Of the faults: the same seed misbehaves the same way. */
  readonly seed: number;
}

/** `--check`: definitions are looked at, nothing is started. */
export interface CheckCommand {
  readonly command: 'check';
  readonly files: readonly string[];
  /** Whose state machines are checked too. */
  readonly template: DefinitionSource | undefined;
  readonly json: boolean;
  readonly handlersPath: string | undefined;
  readonly region: string;
  readonly accountId: string;
}

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

function usageError(problem: string): SandboxUsageError {
  // What Node says of options goes on with advice on arguments that begin with a dash, of which there are none.
  return new SandboxUsageError(
    `${problem.split('. To specify', 1)[0] ?? problem}; npm start -- --help lists the options`,
  );
}

function parseFaults(list: string): FaultRates {
  const pairs = list === '' ? [] : list.split(',').map((pair) => pair.split('=', 2));
  const known = Object.keys(FaultRates.shape);
  const unknown = pairs.map(([name]) => name ?? '').filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw usageError(
      `--faults: there is no fault called ${unknown.join(', ')}; there are ${known.join(', ')}`,
    );
  const result = FaultRates.safeParse(Object.fromEntries(pairs));
  if (!result.success)
    throw usageError(`--faults: each fault is a number from 0 to 1, for example ${known[0] ?? ''}=0.2`);
  return result.data;
}

function parseOptions(argv: readonly string[]) {
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

const MAX_SPEED = 10_000;

const templates = ['cdk', 'sam', 'serverless'] as const;
const listed = '--cdk, --sam or --serverless';

/** Where the definition is, by whichever option names it. @throws SandboxUsageError */
function definitionOf(options: ReturnType<typeof parseOptions>): DefinitionSource | undefined {
  const { definition, 'state-machine': stateMachine } = options;
  const given = (['definition', ...templates] as const).filter((option) => options[option] !== undefined);
  if (given.length > 1)
    throw usageError(`one of ${given.map((option) => `--${option}`).join(' and ')} is enough`);
  const template = templates.find((option) => options[option] !== undefined);
  if (stateMachine !== undefined && template === undefined)
    throw usageError(`--state-machine goes with ${listed}`);
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

/**
 * Reads environment and command line.
 * @throws ConfigError naming every variable that is wrong
 * @throws SandboxUsageError naming the option
 */
export function readSandboxConfig(environment: Environment, argv: readonly string[]): SandboxConfig | 'help' {
  const options = parseOptions(argv);
  if (options.help) return 'help';
  const { mode } = options;
  if (mode !== 'managed' && mode !== 'observed')
    throw usageError(`--mode ${mode}: there are managed and observed`);
  if (options.input !== undefined && mode !== 'observed')
    throw usageError('--input goes with --mode observed');
  const definition = definitionOf(options);
  if (definition === undefined)
    for (const option of ['handlers', 'mocks', 'stand-ins', 'watch'] as const)
      if (options[option] !== undefined && options[option] !== false)
        throw usageError(`--${option} goes with --definition, ${listed}`);
  const speed = Number(options.speed);
  if (!(speed > 0 && speed <= MAX_SPEED))
    throw usageError(`--speed ${options.speed}: a number above 0, ${MAX_SPEED} at most`);
  const seed = Number(options.seed);
  if (!Number.isSafeInteger(seed)) throw usageError(`--seed ${options.seed}: not a whole number`);
  return {
    ...readConfig(SandboxConfig, names, environment),
    mode,
    input: options.input,
    guests: options.guests,
    feed: options.feed,
    workflow: definition === undefined ? undefined : { definition, handlersPath: options.handlers },
    mocks: options.mocks,
    standIns: options['stand-ins'],
    speed,
    watch: options.watch,
    data: options.data,
    recordings: options.recording ?? [],
    faults: parseFaults(options.faults),
    seed,
  };
}

/**
 * Reads `--check FILE…`; undefined where the command line asks for something else.
 * @throws SandboxUsageError
 */
export function readCheckCommand(
  environment: Environment,
  argv: readonly string[],
): CheckCommand | undefined {
  const options = parseOptions(argv);
  const { check, help, json, handlers: handlersPath, positionals: files } = options;
  if (!check || help) return undefined;
  const template = definitionOf(options);
  if (files.length === 0 && template === undefined)
    throw usageError(`--check needs the files of definitions, or a template by ${listed}`);
  const { region, accountId } = readConfig(SandboxConfig, names, environment);
  return { command: 'check', files, template, json, handlersPath, region, accountId };
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
