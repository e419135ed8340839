import {
  CORRELATION_NAMES,
  correlationFields,
  hasInputsToRead,
  hasMachineToStart,
  INPUTS_ARE_OURS,
  MACHINE_MISSING,
} from '@stepcast/correlator';
import { payloadFields } from '@stepcast/forwarder';
import { commonConfig, metricsConfig, readConfig, tracingConfig, type Environment } from '@stepcast/kit';
import { PUBLISHING_NAMES, publishingFields } from '@stepcast/publisher';
import { ENV } from '@stepcast/wire';
import * as z from 'zod';

/** Variables of the engine alone; all have defaults. */
export const ENGINE_ENV = {
  maxPayloads: 'STEPCAST_ENGINE_MAX_PAYLOADS',
  maxPayloadBytes: 'STEPCAST_ENGINE_MAX_PAYLOAD_BYTES',
  payloadTimeoutMs: 'STEPCAST_ENGINE_PAYLOAD_TIMEOUT_MS',
} as const;

const schema = z
  .object({
    ...commonConfig,
    ...metricsConfig,
    ...tracingConfig,
    ...publishingFields,
    ...correlationFields,
    /** Batches that a forwarder of its own has cut. Without it records come in by `POST /awslogs` only. */
    eventsQueueUrl: z.url().optional(),
    /** What `POST /awslogs` asks for; without it the route takes nothing. */
    awslogsToken: z.string().min(16).optional(),
    /** What a task's own report of its progress, by `POST /awslogs`, has to bring along; without it none is taken. */
    reportToken: z.string().min(16).optional(),
    ...payloadFields,
    /** How long a payload may take before it is answered with 503, in milliseconds. */
    payloadTimeoutMs: z.coerce.number().int().min(100).max(900_000).default(25_000),
  })
  .refine(hasMachineToStart, MACHINE_MISSING)
  .refine(hasInputsToRead, INPUTS_ARE_OURS);

export type EngineConfig = z.output<typeof schema>;

/**
 * The variables of forwarder, correlator and publisher, without those of the progress queue between them and of copies.
 * @throws ConfigError naming every variable that is missing or wrong
 */
export function readEngineConfig(environment: Environment = process.env): EngineConfig {
  return readConfig(
    schema,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      metrics: ENV.metrics,
      deployment: ENV.deployment,
      otlpEndpoint: ENV.otlpEndpoint,
      tracesShare: ENV.tracesShare,
      awslogsToken: ENV.awslogsToken,
      reportToken: ENV.reportToken,
      ...PUBLISHING_NAMES,
      ...CORRELATION_NAMES,
      eventsQueueUrl: ENV.eventsQueueUrl,
      ...ENGINE_ENV,
    },
    environment,
  );
}
