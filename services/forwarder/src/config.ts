import { parseJson } from '@stepcast/contracts';
import { ENV, Projection } from '@stepcast/wire';
import { commonConfig, readConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';

/** A JSON array in one variable. */
const ProjectionsText = z
  .string()
  .default('[]')
  .transform((text, context) => {
    const parsed = parseJson(z.array(Projection), text);
    if (parsed.ok) return parsed.value;
    for (const { path, problem } of parsed.issues)
      context.addIssue({ code: 'custom', message: `${path}: ${problem}` });
    return z.NEVER;
  });

/** What a task's own report of its progress has to bring along; without it none is taken. */
export const reportTokenField = z.string().min(16).optional();

/** What may be in hand of payloads where nothing else is set. */
export const DEFAULT_PAYLOAD_BOUNDS = { maxPayloads: 128, maxPayloadBytes: 4 * 1_048_576 } as const;

/** The bounds of what is in hand; a process that takes no `POST /awslogs` does not use them. */
export const payloadFields = {
  /** Payloads of `POST /awslogs` in hand. What is beyond is answered with 503. */
  maxPayloads: z.coerce.number().int().min(1).max(10_000).default(DEFAULT_PAYLOAD_BOUNDS.maxPayloads),
  /** What they may take as they come in, compressed, in bytes. Decoded they take 9 to 17 times as much. One alone may be larger. */
  maxPayloadBytes: z.coerce.number().int().min(1024).default(DEFAULT_PAYLOAD_BOUNDS.maxPayloadBytes),
};

/** Variables of the forwarder alone; all have defaults. */
export const FORWARDER_ENV = {
  maxPayloads: 'STEPCAST_FORWARDER_MAX_PAYLOADS',
  maxPayloadBytes: 'STEPCAST_FORWARDER_MAX_PAYLOAD_BYTES',
} as const;

export const ForwarderConfig = z.object({
  ...commonConfig,
  eventsQueueUrl: z.url(),
  deadLetterQueueUrl: z.url(),
  /** What `POST /awslogs` asks for; without it the route takes nothing. */
  awslogsToken: z.string().min(16).optional(),
  /** What may leave of inputs and outputs: a JSON array of `{ name, on, eventTypes?, stateNames?, expression, schema? }`. */
  projections: ProjectionsText,
  reportToken: reportTokenField,
  ...payloadFields,
});
export type ForwarderConfig = z.infer<typeof ForwarderConfig>;

/** What may leave of inputs and outputs: a JSON array of `{ name, on, eventTypes?, stateNames?, expression, schema? }`. */
export const PROJECTIONS_VARIABLE = 'STEPCAST_PROJECTIONS';

/**
 * The forwarder's configuration from environment variables.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function forwarderConfigFromEnvironment(environment: Environment = process.env): ForwarderConfig {
  return readConfig(
    ForwarderConfig,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      eventsQueueUrl: ENV.eventsQueueUrl,
      deadLetterQueueUrl: ENV.deadLetterQueueUrl,
      awslogsToken: ENV.awslogsToken,
      projections: PROJECTIONS_VARIABLE,
      reportToken: ENV.reportToken,
      ...FORWARDER_ENV,
    },
    environment,
  );
}
