import { CORRELATOR_NAMES, correlatorFields, hasMachineToStart, MACHINE_MISSING } from '@stepcast/correlator';
import { commonConfig, readConfig, type Environment } from '@stepcast/kit';
import { PUBLISHER_NAMES, publisherFields } from '@stepcast/publisher';
import { ENV } from '@stepcast/wire';
import * as z from 'zod';

/** Variables of the engine alone; all have defaults. */
export const ENGINE_ENV = {
  maxPayloads: 'STEPCAST_ENGINE_MAX_PAYLOADS',
  maxPayloadBytes: 'STEPCAST_ENGINE_MAX_PAYLOAD_BYTES',
  payloadTimeoutMs: 'STEPCAST_ENGINE_PAYLOAD_TIMEOUT_MS',
} as const;

const { progressQueueUrl: _toPublisher, ...correlator } = correlatorFields;
const {
  progressQueueUrl: _fromCorrelator,
  maxInHand: _ofQueue,
  publisherCopies: _alone,
  publisherCopyIndex: _first,
  ...publisher
} = publisherFields;

const schema = z
  .object({
    ...commonConfig,
    ...publisher,
    ...correlator,
    /** Batches that a forwarder of its own has cut. Without it records come in by `POST /awslogs` only. */
    eventsQueueUrl: correlator.eventsQueueUrl.optional(),
    /** What `POST /awslogs` asks for; without it the route takes nothing. */
    awslogsToken: z.string().min(16).optional(),
    /** Payloads of `POST /awslogs` in hand. What is beyond is answered with 503. */
    maxPayloads: z.coerce.number().int().min(1).max(10_000).default(128),
    /** What they may take as they come in, compressed, in bytes. One alone may be larger. */
    maxPayloadBytes: z.coerce
      .number()
      .int()
      .min(1024)
      .default(16 * 1_048_576),
    /** How long a payload may take before it is answered with 503, in milliseconds. */
    payloadTimeoutMs: z.coerce.number().int().min(100).max(900_000).default(25_000),
  })
  .refine(hasMachineToStart, MACHINE_MISSING);

export type EngineConfig = z.output<typeof schema>;

/**
 * The variables of forwarder, correlator and publisher, without those of the progress queue between them and of copies.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function readEngineConfig(environment: Environment = process.env): EngineConfig {
  const { progressQueueUrl: _ofCorrelator, ...ofCorrelator } = CORRELATOR_NAMES;
  const {
    progressQueueUrl: _ofPublisher,
    maxInHand: _inHand,
    publisherCopies: _copies,
    publisherCopyIndex: _index,
    ...ofPublisher
  } = PUBLISHER_NAMES;
  return readConfig(
    schema,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      awslogsToken: ENV.awslogsToken,
      ...ofPublisher,
      ...ofCorrelator,
      ...ENGINE_ENV,
    },
    environment,
  );
}
