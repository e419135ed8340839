import type { Clock, Logger, Metrics, QueueSender } from '@stepcast/kit';
import { createDeadLetters, createJmespathProjector, type Projection } from '@stepcast/wire';
import { createAwslogsDecoder } from './adapters/awslogs-decoder.adapter.ts';
import { createForwardPayload, type Forwarder } from './application/forward-payload.ts';

export interface ForwarderOptions {
  /** The FIFO events queue. */
  readonly sender: QueueSender;
  readonly deadLetters: QueueSender;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Makes the nonce of an invocation, for example `randomUUID`. */
  readonly ids: () => string;
  /** What may leave of inputs and outputs. Default nothing. */
  readonly projections?: readonly Projection[] | undefined;
  /** Default 16 MiB. */
  readonly maxUnzippedBytes?: number | undefined;
  /** Default 240,000. */
  readonly maxBodyBytes?: number | undefined;
}

/**
 * The forwarder: subscription payloads in, batches of records out to the events queue.
 * @throws ProjectionError for a projection that cannot work
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { projections = [], maxUnzippedBytes, deadLetters: queue, ...rest } = options;
  const { clock, logger, metrics } = options;
  return createForwardPayload({
    ...rest,
    deadLetters: createDeadLetters({
      queue,
      service: 'forwarder',
      clock,
      logger,
      refused: metrics.counter(
        'dead_letters_refused_total',
        'Dead letters that their queue refused for good',
        ['code'],
      ),
    }),
    decoder: createAwslogsDecoder({ maxUnzippedBytes, project: createJmespathProjector(projections) }),
  });
}
