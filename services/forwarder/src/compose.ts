import type { Clock, Logger, Metrics, QueueSender } from '@stepcast/kit';
import { createDeadLetters, createJmespathProjector, type Projection } from '@stepcast/wire';
import { createAwslogsDecoder } from './adapters/awslogs-decoder.adapter.ts';
import { createEventsQueue } from './adapters/events-queue.adapter.ts';
import { createForwardPayload, type Forwarder } from './application/forward-payload.ts';
import type { BatchTaker } from './ports/batch-taker.port.ts';

export interface DirectForwarderOptions {
  /** What takes the records. */
  readonly batches: BatchTaker;
  readonly deadLetters: QueueSender;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** What may leave of inputs and outputs. Default nothing. */
  readonly projections?: readonly Projection[] | undefined;
  /** What a task's own report of its progress has to bring along. Undefined: none is taken. */
  readonly reportToken?: string | undefined;
  /** Default 16 MiB. */
  readonly maxUnzippedBytes?: number | undefined;
}

export interface ForwarderOptions extends Omit<DirectForwarderOptions, 'batches'> {
  /** The FIFO events queue. */
  readonly sender: QueueSender;
  /** Makes the nonce of an invocation, for example `randomUUID`. */
  readonly ids: () => string;
  /** Default 240,000. */
  readonly maxBodyBytes?: number | undefined;
}

/**
 * The forwarder: subscription payloads in, batches of records out to the events queue.
 * @throws ProjectionError for a projection that cannot work
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { sender, ids, maxBodyBytes, ...rest } = options;
  return createDirectForwarder({ ...rest, batches: createEventsQueue({ sender, ids, maxBodyBytes }) });
}

/**
 * The forwarder without the events queue: batches of records go to whatever takes them.
 * @throws ProjectionError for a projection that cannot work
 */
export function createDirectForwarder(options: DirectForwarderOptions): Forwarder {
  const { batches, projections = [], maxUnzippedBytes, reportToken, deadLetters: queue, clock } = options;
  const { logger, metrics } = options;
  return createForwardPayload({
    batches,
    logger,
    metrics,
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
    decoder: createAwslogsDecoder({
      maxUnzippedBytes,
      project: createJmespathProjector(projections),
      reportToken,
    }),
  });
}
