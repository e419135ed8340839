import { DEFAULT_KEY_TEMPLATE, keyTemplate, parseJson } from '@stepcast/contracts';
import { ENV, InputPaths, JOURNAL_TABLE_NAME, Projection } from '@stepcast/wire';
import {
  asError,
  commonConfig,
  DEFAULT_FAILURE_LIMIT,
  metricsConfig,
  tracingConfig,
  readConfig,
  type Environment,
} from '@stepcast/kit';
import * as z from 'zod';
import { DEFAULT_TIMES } from './settings.ts';

/** Variables of the correlator alone; all have defaults. */
export const CORRELATOR_ENV = {
  gapWaitMs: 'STEPCAST_GAP_WAIT_MS',
  expressGapWaitMs: 'STEPCAST_EXPRESS_GAP_WAIT_MS',
  endHoldMs: 'STEPCAST_END_HOLD_MS',
  epochWaitMs: 'STEPCAST_EPOCH_WAIT_MS',
  ownershipTimeoutMs: 'STEPCAST_OWNERSHIP_TIMEOUT_MS',
  quietMs: 'STEPCAST_QUIET_MS',
  snapshotIntervalMs: 'STEPCAST_SNAPSHOT_INTERVAL_MS',
  sweepIntervalMs: 'STEPCAST_SWEEP_INTERVAL_MS',
  reportWaitMs: 'STEPCAST_REPORT_WAIT_MS',
  reportIntervalMs: 'STEPCAST_REPORT_INTERVAL_MS',
  mapRunPollMs: 'STEPCAST_MAP_RUN_POLL_MS',
  retentionSeconds: 'STEPCAST_RETENTION_SECONDS',
  maxFailures: 'STEPCAST_MAX_FAILURES',
  projections: 'STEPCAST_PROJECTIONS',
  inputPaths: 'STEPCAST_OWNERSHIP_INPUT_PATHS',
} as const;

const wholeMs = (defaultMs: number) => z.coerce.number().int().min(0).default(defaultMs);
const DAY_SECONDS = 86_400;

const Template = z
  .string()
  .default(DEFAULT_KEY_TEMPLATE)
  .transform((text, context) => {
    try {
      return keyTemplate(text);
    } catch (thrown) {
      context.addIssue({ code: 'custom', message: asError(thrown).message });
      return z.NEVER;
    }
  });

/** A JSON array in one variable. */
function jsonText<Items extends z.ZodType>(items: Items) {
  return z
    .string()
    .default('[]')
    .transform((text, context) => {
      const parsed = parseJson(items, text);
      if (parsed.ok) return parsed.value;
      for (const { path, problem } of parsed.issues)
        context.addIssue({ code: 'custom', message: `${path}: ${problem}` });
      return z.NEVER;
    });
}

/** The configuration of the correlator in either form: all but where records come from and entries go. */
export const correlationFields = {
  keyTemplate: Template,
  /** Buckets whose prefixes IAM pins to identities, comma-separated. A key in any other bucket proves nothing. */
  bucket: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .refine((names) => names.every((name) => name !== ''), 'a bucket name between commas is empty')
    .transform((names) => new Set(names)),
  startMode: z.enum(['managed', 'observed']).default('observed'),
  stateMachineArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:/]+$/, 'not the ARN of a state machine')
    .optional(),
  uploadsQueueUrl: z.url(),
  statusQueueUrl: z.url(),
  deadLetterQueueUrl: z.url(),
  journalTable: z.string().default(JOURNAL_TABLE_NAME),
  /** How long a gap in the records of an execution may last before its history is read. */
  gapWaitMs: wholeMs(DEFAULT_TIMES.gapWaitMs),
  /** How long a gap of an Express execution, which has no history, may last before it is declared, in milliseconds. */
  expressGapWaitMs: wholeMs(DEFAULT_TIMES.expressGapWaitMs),
  /** How long the end of an execution waits for its log events before it is parked, in milliseconds. */
  endHoldMs: wholeMs(DEFAULT_TIMES.endHoldMs),
  /** How long an execution that names no version of its object waits for the upload event that does. */
  epochWaitMs: wholeMs(DEFAULT_TIMES.epochWaitMs),
  /** How long the records of an execution wait for a proof of its owner before they are dead-lettered. */
  ownershipTimeoutMs: wholeMs(DEFAULT_TIMES.ownershipTimeoutMs),
  /** How long a running execution may be silent before its history is read. */
  quietMs: wholeMs(DEFAULT_TIMES.quietMs),
  /** Least time between two retained states of a running upload, in milliseconds. */
  snapshotIntervalMs: wholeMs(DEFAULT_TIMES.snapshotIntervalMs),
  /** Time between two searches for overdue executions. */
  sweepIntervalMs: wholeMs(DEFAULT_TIMES.sweepIntervalMs),
  /** How long what a task reports of its own progress waits for its step, in milliseconds. */
  reportWaitMs: wholeMs(DEFAULT_TIMES.reportWaitMs),
  /** Least time between two events with what the tasks of one execution or upload report, in milliseconds. */
  reportIntervalMs: wholeMs(DEFAULT_TIMES.reportIntervalMs),
  /** Time between two readings of a Map Run’s counts. */
  mapRunPollMs: wholeMs(DEFAULT_TIMES.mapRunPollMs),
  /** A failed execution can be redriven for 14 days (Step Functions developer guide); rows live at least that long. */
  retentionSeconds: z.coerce
    .number()
    .int()
    .min(14 * DAY_SECONDS)
    .default(30 * DAY_SECONDS),
  /** So many failures of its own bring a message to the dead-letter queue. Those of the infrastructure do not count. */
  maxFailures: z.coerce.number().int().min(1).default(DEFAULT_FAILURE_LIMIT),
  /** Event bus, by name or ARN, to which the feed for back offices goes. Without it there is no feed. */
  feedEventBus: z
    .string()
    .regex(
      /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[A-Za-z0-9_./-]{1,256}$/,
      'not an event bus',
    )
    .optional(),
  /** Where EventBridge is. Without it, at its address in the region. */
  feedEndpoint: z.url().optional(),
  /** What may leave of inputs and outputs: a JSON array of `{ name, on, eventTypes?, stateNames?, expression, schema? }`. */
  projections: jsonText(z.array(Projection)),
  /**
   * Where inputs name their object in a form of their own, in observed mode: a JSON array of `{ bucket, key, versionId?, encoding? }`,
   * `{ uri, versionId?, encoding? }` or `{ event }`, each field JMESPath.
   */
  inputPaths: jsonText(InputPaths),
};

/** Which variables feed {@link correlationFields}. */
export const CORRELATION_NAMES = {
  keyTemplate: ENV.keyTemplate,
  bucket: ENV.bucket,
  startMode: ENV.startMode,
  stateMachineArn: ENV.stateMachineArn,
  uploadsQueueUrl: ENV.uploadsQueueUrl,
  statusQueueUrl: ENV.statusQueueUrl,
  deadLetterQueueUrl: ENV.deadLetterQueueUrl,
  journalTable: ENV.journalTable,
  feedEventBus: ENV.feedEventBus,
  feedEndpoint: ENV.feedEndpoint,
  ...CORRELATOR_ENV,
} as const;

/** A refinement of whatever holds these fields. */
export function hasMachineToStart(config: {
  readonly startMode: string;
  readonly stateMachineArn?: string | undefined;
}): boolean {
  return config.startMode !== 'managed' || config.stateMachineArn !== undefined;
}

/** What to say where {@link hasMachineToStart} does not hold. */
export const MACHINE_MISSING = {
  path: ['stateMachineArn'],
  message: 'managed mode needs the state machine that it starts',
  // Said together with whatever else is wrong, not after it is repaired.
  when: () => true,
};

/** A refinement of whatever holds these fields: in managed mode Stepcast writes the inputs itself. */
export function hasInputsToRead(config: {
  readonly startMode: string;
  readonly inputPaths: readonly unknown[];
}): boolean {
  return config.startMode === 'observed' || config.inputPaths.length === 0;
}

/** What to say where {@link hasInputsToRead} does not hold. */
export const INPUTS_ARE_OURS = {
  path: ['inputPaths'],
  message: 'goes with observed mode: in managed mode Stepcast writes the inputs itself',
};

export const CorrelatorConfig = z
  .object({
    ...commonConfig,
    ...metricsConfig,
    ...tracingConfig,
    ...correlationFields,
    eventsQueueUrl: z.url(),
    progressQueueUrl: z.url(),
  })
  .refine(hasMachineToStart, MACHINE_MISSING)
  .refine(hasInputsToRead, INPUTS_ARE_OURS);
export type CorrelatorConfig = z.infer<typeof CorrelatorConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readCorrelatorConfig(environment: Environment = process.env): CorrelatorConfig {
  return readConfig(
    CorrelatorConfig,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      metrics: ENV.metrics,
      deployment: ENV.deployment,
      otlpEndpoint: ENV.otlpEndpoint,
      tracesShare: ENV.tracesShare,
      ...CORRELATION_NAMES,
      eventsQueueUrl: ENV.eventsQueueUrl,
      progressQueueUrl: ENV.progressQueueUrl,
    },
    environment,
  );
}
