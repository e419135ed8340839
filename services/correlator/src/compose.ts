import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  asError,
  createSqsSender,
  errorFields,
  pause,
  queueCheck,
  type Clock,
  type Logger,
  type Metrics,
  type Timers,
  type Tracing,
} from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import {
  createDeadLetters,
  createJmespathProjector,
  findConfigured,
  parseReportBatch,
  type TargetReports,
} from '@stepcast/wire';
import { createDynamoExecutionStore, createDynamoWatchList } from './adapters/dynamo-executions.adapter.ts';
import { createDynamoJournal } from './adapters/dynamo-journal.adapter.ts';
import { createDynamoTable } from './adapters/dynamo-table.ts';
import {
  createDynamoMachineStore,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
} from './adapters/dynamo-uploads.adapter.ts';
import { parseRecordBatch, parseStatusMessage, parseUploadMessage } from './adapters/queue-inputs.schema.ts';
import { createQueueOutbox } from './adapters/queue-outbox.adapter.ts';
import { createSfnDirectory, createSfnStarter } from './adapters/sfn-directory.adapter.ts';
import { createCorrelation, type Correlation } from './application/correlation.ts';
import { createFeedingOutbox } from './application/feed-back-offices.ts';
import type { IncomingBatch } from './application/incoming.ts';
import { BatchesPostponedError, createTakeMessages, type TakeBatches } from './application/take-messages.ts';
import { createFeed } from './compose-feed.ts';
import { createReaders, type QueueReading } from './compose-readers.ts';
import type { CorrelatorConfig } from './config.ts';
import type { ProgressOutbox } from './ports/progress-outbox.port.ts';
import { storeCheck, sweepCheck, watchWork, type ReadinessCheck } from './readiness.ts';

export interface CorrelatorOptions {
  /** Without a queue of events, batches come in by `correlation.correlate`. */
  readonly config: Omit<
    CorrelatorConfig,
    | 'logLevel'
    | 'host'
    | 'port'
    | 'metrics'
    | 'deployment'
    | 'otlpEndpoint'
    | 'tracesShare'
    | 'eventsQueueUrl'
    | 'progressQueueUrl'
  > & {
    readonly eventsQueueUrl?: string | undefined;
  };
  readonly clients: { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient; readonly sfn: SFNClient };
  /** Where entries go; {@link createCorrelator} does not close it. */
  readonly outbox: ProgressOutbox;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default none: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** For so long after the start executions that have ended stay on the watch list; see `Watching`. Default 0. */
  readonly keepEndedMs?: number | undefined;
  /** How queues are read; for tests that cannot wait as long. */
  readonly queue?: QueueReading;
}

export interface Correlator {
  /** Begins to take messages, and to sweep. */
  start(): void;
  /**
   * Takes no more. What was received and has not begun goes back to its queue at once; resolves when the rest is done. What
   * was due later is found by the next start's sweep.
   */
  stop(options: {
    readonly force: boolean;
    /** How long what is in hand may take before it goes back to its queue, in milliseconds. Default 6,000. */
    readonly graceMs?: number;
  }): Promise<void>;
  /** Takes batches that come in without a queue; it needs no `start`. */
  readonly takeBatches: TakeBatches['batches'];
  /** Takes reports that come in without a queue. They are hints: nobody waits for one that waits for its step. */
  readonly takeReports: (reports: readonly TargetReports[]) => void;
  /** Whether the correlator can do its work, by part. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** The use cases themselves, for tools and tests. */
  readonly correlation: Correlation;
}

/** How long what is in hand may take at a stop before it goes back to its queue. */
const STOP_GRACE_MS = 6_000;

/** Entries onto the progress queue, for a publisher that runs apart. */
export function createProgressQueueOutbox(client: SQSClient, queueUrl: string): ProgressOutbox {
  return createQueueOutbox(createSqsSender({ client, queueUrl }));
}

/** The correlator on SQS, DynamoDB and Step Functions. */
export function createCorrelator(options: CorrelatorOptions): Correlator {
  const { config, clients, clock, timers, random, logger, metrics } = options;
  const throttled = metrics.counter(
    'throttled_total',
    'Requests that a service held back, made again later',
    ['service'],
  );
  const onThrottled = () => {
    throttled.add({ service: 'dynamodb' });
  };
  const dynamodb = createDynamoDb({ client: clients.dynamodb, clock, timers, random, onThrottled });
  const table = createDynamoTable({
    dynamodb,
    tableName: config.journalTable,
    clock,
    timers,
    random,
    retentionSeconds: config.retentionSeconds,
    onThrottled,
  });
  const deadLetters = createDeadLetters({
    queue: createSqsSender({ client: clients.sqs, queueUrl: config.deadLetterQueueUrl }),
    service: 'correlator',
    clock,
    logger,
    refused: metrics.counter('dead_letters_refused_total', 'Dead letters that their queue refused for good', [
      'code',
    ]),
  });
  const { stateMachineArn } = config;
  const rules = { keyTemplate: config.keyTemplate, buckets: config.bucket };
  const executions = createDynamoExecutionStore(table);
  const { feedEventBus: eventBus, feedEndpoint: endpoint } = config;
  const feed =
    eventBus === undefined
      ? undefined
      : createFeed({ eventBus, endpoint, sqs: clients.sqs, clock, timers, random, metrics });
  const outbox =
    feed === undefined
      ? options.outbox
      : createFeedingOutbox({ outbox: options.outbox, feed: feed.feed, executions, rules });
  const work = watchWork(clock, config.sweepIntervalMs);
  const correlation = createCorrelation({
    journal: createDynamoJournal(table, clock),
    executions,
    watchList: createDynamoWatchList(table),
    uploads: createDynamoUploadStore(table),
    waitingRoom: createDynamoWaitingRoom(table),
    machines: createDynamoMachineStore(table),
    directory: createSfnDirectory({
      client: clients.sfn,
      clock,
      timers,
      project: createJmespathProjector(config.projections),
      onOutcome: work.note,
    }),
    starter:
      config.startMode === 'managed' && stateMachineArn !== undefined
        ? createSfnStarter({ client: clients.sfn, stateMachineArn })
        : undefined,
    outbox,
    deadLetters,
    settings: { ...config, rules, findConfigured: findConfigured(config.inputPaths) },
    clock,
    timers,
    random,
    logger,
    metrics,
    tracing: options.tracing,
    keepEndedMs: options.keepEndedMs,
  });
  const take = createTakeMessages({
    correlation,
    parsers: {
      recordBatch: parseRecordBatch,
      reports: parseReportBatch,
      upload: parseUploadMessage,
      status: parseStatusMessage,
    },
    deadLetters,
    logger,
    random,
    maxFailures: config.maxFailures,
    onOutcome: work.note,
  });
  const readers = createReaders({
    urls: {
      events: config.eventsQueueUrl,
      uploads: config.uploadsQueueUrl,
      status: config.statusQueueUrl,
    },
    take,
    queue: options.queue,
    sqs: clients.sqs,
    clock,
    timers,
    random,
    logger,
  });

  let state: 'idle' | 'running' | 'stopped' = 'idle';
  let cancelSweep: () => void = () => undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let sweepFailure: string | undefined;

  async function sweep(): Promise<void> {
    try {
      await correlation.sweep();
      sweepFailure = undefined;
    } catch (thrown) {
      sweepFailure = asError(thrown).message;
      logger.error(errorFields(thrown), 'sweep failed');
    }
    if (state === 'running') scheduleSweep(config.sweepIntervalMs);
  }

  function scheduleSweep(delayMs: number): void {
    cancelSweep = timers.after(delayMs, () => {
      sweeping = sweep();
    });
  }

  const batchesInHand = new Set<Promise<void>>();

  async function takeBatches(batches: readonly IncomingBatch[]): Promise<void> {
    if (state === 'stopped') throw new BatchesPostponedError(batches.length, batches.length);
    const taken = take.batches(batches);
    batchesInHand.add(taken);
    try {
      await taken;
    } finally {
      batchesInHand.delete(taken);
    }
  }

  function takeReports(reports: readonly TargetReports[]): void {
    for (const one of reports)
      correlation.takeReports(one).catch((thrown: unknown) => {
        logger.warn(errorFields(thrown), 'reports lost');
      });
  }

  /** Resolves when no batch is in hand, or the time is over: then its sender gets the failure. */
  async function batchesTaken(graceMs: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([Promise.allSettled(batchesInHand), pause(timers, graceMs, over.signal)]);
    over.abort();
  }

  const startedMs = clock.nowMs();
  return {
    correlation,
    takeBatches,
    takeReports,
    checks: {
      messages: () =>
        state === 'running' ? { ok: true } : { ok: false, reason: `messages are not taken: ${state}` },
      ...Object.fromEntries(
        [...readers].map(([name, reader]) => [`${name}Queue`, queueCheck(reader, { clock })]),
      ),
      store: storeCheck(table, clock),
      work: work.check,
      sweep: sweepCheck({
        lastMs: () => correlation.lastSweptMs() ?? startedMs,
        failure: () => sweepFailure,
        intervalMs: config.sweepIntervalMs,
        clock,
      }),
    },
    start() {
      if (state !== 'idle') return;
      state = 'running';
      for (const reader of readers.values()) reader.start();
      scheduleSweep(0);
    },
    async stop({ force, graceMs = STOP_GRACE_MS }) {
      state = 'stopped';
      cancelSweep();
      correlation.giveBack();
      const ending = force ? { graceMs: 0, signal: AbortSignal.abort() } : { graceMs };
      await Promise.all([
        ...[...readers.values()].map((reader) => reader.stop(ending)),
        batchesTaken(ending.graceMs),
      ]);
      if (!force) {
        await Promise.all([sweeping, correlation.stop()]);
        await table.close();
      }
      await Promise.all([dynamodb.close(), feed?.close()]);
    },
  };
}
