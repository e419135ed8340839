import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  createSqsConsumer,
  createSqsSender,
  errorFields,
  type Clock,
  type Health,
  type Logger,
  type Metrics,
  type QueueConsumer,
  type SqsConsumerOptions,
  type Timers,
} from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import { createDynamoExecutionStore, createDynamoWatchList } from './adapters/dynamo-executions.adapter.ts';
import { createDynamoJournal } from './adapters/dynamo-journal.adapter.ts';
import { createDynamoTable } from './adapters/dynamo-table.ts';
import {
  createDynamoMachineStore,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
} from './adapters/dynamo-uploads.adapter.ts';
import { createDeadLetters, createJmespathProjector } from '@stepcast/wire';
import { parseRecordBatch, parseStatusMessage, parseUploadMessage } from './adapters/queue-inputs.schema.ts';
import { createQueueOutbox } from './adapters/queue-outputs.adapter.ts';
import { createSfnDirectory, createSfnStarter } from './adapters/sfn-directory.adapter.ts';
import { createCorrelation, type Correlation } from './application/correlation.ts';
import { createTakeMessages } from './application/take-messages.ts';
import type { CorrelatorConfig } from './config.ts';

export interface CorrelatorOptions {
  readonly config: Omit<CorrelatorConfig, 'logLevel' | 'host' | 'port'>;
  readonly clients: { readonly sqs: SQSClient; readonly dynamodb: DynamoDBClient; readonly sfn: SFNClient };
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How queues are read; for tests that cannot wait as long. */
  readonly queue?: Pick<SqsConsumerOptions, 'waitTimeSeconds' | 'visibilityTimeoutSeconds'>;
}

export interface Correlator {
  /** Begins to take messages, and to sweep. */
  start(): void;
  /** Takes no more, and resolves when what is in hand is done. What was due later is found by the next start's sweep. */
  stop(options: { readonly force: boolean }): Promise<void>;
  health(): Health;
  /** The use cases themselves, for tools and tests. */
  readonly correlation: Correlation;
}

/** The correlator on SQS, DynamoDB and Step Functions. */
export function createCorrelator(options: CorrelatorOptions): Correlator {
  const { config, clients, clock, timers, random, logger, metrics } = options;
  const sender = (queueUrl: string) => createSqsSender({ client: clients.sqs, queueUrl });
  const dynamodb = createDynamoDb({ client: clients.dynamodb, clock, timers, random });
  const table = createDynamoTable({
    dynamodb,
    tableName: config.journalTable,
    clock,
    timers,
    random,
    retentionSeconds: config.retentionSeconds,
  });
  const deadLetters = createDeadLetters({
    queue: sender(config.deadLetterQueueUrl),
    service: 'correlator',
    clock,
    logger,
    refused: metrics.counter('dead_letters_refused_total', 'Dead letters that their queue refused for good', [
      'code',
    ]),
  });
  const { stateMachineArn } = config;
  const correlation = createCorrelation({
    journal: createDynamoJournal(table),
    executions: createDynamoExecutionStore(table),
    watchList: createDynamoWatchList(table),
    uploads: createDynamoUploadStore(table),
    waitingRoom: createDynamoWaitingRoom(table),
    machines: createDynamoMachineStore(table),
    directory: createSfnDirectory({
      client: clients.sfn,
      clock,
      timers,
      project: createJmespathProjector(config.projections),
    }),
    starter:
      config.startMode === 'managed' && stateMachineArn !== undefined
        ? createSfnStarter({ client: clients.sfn, stateMachineArn })
        : undefined,
    outbox: createQueueOutbox(sender(config.progressQueueUrl)),
    deadLetters,
    settings: { ...config, rules: { keyTemplate: config.keyTemplate, buckets: config.bucket } },
    clock,
    timers,
    random,
    logger,
    metrics,
  });
  const take = createTakeMessages({
    correlation,
    parsers: { recordBatch: parseRecordBatch, upload: parseUploadMessage, status: parseStatusMessage },
    deadLetters,
    logger,
    random,
    maxReceives: config.maxReceives,
  });
  const consumer = (queueUrl: string, handle: (typeof take)['events'], pollers: number): QueueConsumer =>
    createSqsConsumer({ ...options.queue, client: clients.sqs, queueUrl, logger, handle, pollers });
  const consumers = [
    consumer(config.eventsQueueUrl, take.events, 4),
    consumer(config.uploadsQueueUrl, take.uploads, 2),
    consumer(config.statusQueueUrl, take.status, 2),
  ];

  let state: 'idle' | 'running' | 'stopped' = 'idle';
  let cancelSweep: () => void = () => undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let sweepProblem: string | undefined;

  async function sweep(): Promise<void> {
    try {
      await correlation.sweep();
      sweepProblem = undefined;
    } catch (thrown) {
      sweepProblem = 'the last sweep failed';
      logger.error(errorFields(thrown), 'sweep failed');
    }
    if (state === 'running') scheduleSweep(config.sweepIntervalMs);
  }

  function scheduleSweep(delayMs: number): void {
    cancelSweep = timers.after(delayMs, () => {
      sweeping = sweep();
    });
  }

  return {
    correlation,
    start() {
      if (state !== 'idle') return;
      state = 'running';
      for (const one of consumers) one.start();
      scheduleSweep(0);
    },
    async stop({ force }) {
      state = 'stopped';
      cancelSweep();
      await Promise.all(consumers.map((one) => one.stop({ force })));
      if (!force) await Promise.all([sweeping, correlation.stop()]);
      await dynamodb.close();
    },
    health() {
      const problems: Record<string, string> = {};
      if (state !== 'running') problems.consumers = `not taking messages: ${state}`;
      if (sweepProblem !== undefined) problems.sweep = sweepProblem;
      return { healthy: Object.keys(problems).length === 0, problems };
    },
  };
}
