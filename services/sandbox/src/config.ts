import { DEFAULT_KEY_TEMPLATE, DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import { ENV } from '@stepcast/wire';
import { LOG_LEVELS, readConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';
import { definitionOf, parseOptions, TEMPLATE_OPTIONS, usageError } from './options.ts';
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
  /** Folder in which everything is stored across restarts. */
  readonly data: string | undefined;
  /** Files with executions that ran somewhere else, to be answered for. */
  readonly recordings: readonly string[];
  readonly faults: FaultRates;
  /** Of the faults: the same seed misbehaves the same way. */
  readonly seed: number;
}

/** `--check`: definitions are checked, nothing is started. */
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

const MAX_SPEED = 10_000;

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
        throw usageError(`--${option} goes with --definition, ${TEMPLATE_OPTIONS}`);
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
    throw usageError(`--check needs the files of definitions, or a template by ${TEMPLATE_OPTIONS}`);
  const { region, accountId } = readConfig(SandboxConfig, names, environment);
  return { command: 'check', files, template, json, handlersPath, region, accountId };
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
