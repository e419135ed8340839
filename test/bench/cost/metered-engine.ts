import { DEFAULT_KEY_TEMPLATE, keyTemplate, topicSpace } from '@stepcast/contracts';
import {
  createCorrelation,
  createDynamoExecutionStore,
  createDynamoJournal,
  createDynamoMachineStore,
  createDynamoTable,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
  createDynamoWatchList,
  DEFAULT_TIMES,
  type Correlation,
  type CorrelationPorts,
} from '@stepcast/correlator';
import { parseStatusMessage, parseUploadMessage } from '@stepcast/correlator/testing';
import { createDirectForwarder } from '@stepcast/forwarder';
import { createMetrics, silentLogger } from '@stepcast/kit';
import type { ManualTime } from '@stepcast/kit/testing';
import {
  createDynamoDbJournal,
  createPublisherCore,
  createPublisherMetrics,
  DEFAULT_CATCH_UP_LIMITS,
  IOT_CORE_LIMITS,
  type PublisherCore,
} from '@stepcast/publisher';
import { JOURNAL_TABLE_NAME, type Handover } from '@stepcast/wire';
import { BUCKET, STATES, type Arrival } from './course.ts';
import { createMeteredBroker, type MeteredBroker } from './metered-broker.ts';
import { createMeteredTable, type MeteredTable } from './metered-table.ts';

/** How the services are deployed: as one process, or correlator and publisher apart with two copies of each. */
export type Form = 'engine' | 'apart';

/** Stepcast's own code on a table and a broker in memory, which note what AWS would meter. */
export interface MeteredEngine {
  readonly table: MeteredTable;
  readonly broker: MeteredBroker;
  readonly handovers: Handover[];
  /** Takes what comes in. Resolves when it may be acknowledged. */
  take(arrival: Arrival): Promise<void>;
}

const DAY_SECONDS = 86_400;
const RANDOM = 0.5;

const DIRECTORY: CorrelationPorts['directory'] = {
  describe: () => Promise.resolve(undefined),
  history: () => Promise.resolve(undefined),
  mapRun: () => Promise.resolve(undefined),
  machineOf: () =>
    Promise.resolve({
      logLevel: 'ALL',
      machine: {
        startAt: STATES[0],
        states: new Map(
          STATES.map((name, index) => [
            name,
            { type: 'Task', next: STATES.slice(index + 1, index + 2), inner: [] },
          ]),
        ),
      },
    }),
};

/** Nothing of a course without faults is given up. */
function refuseDeadLetters(): Promise<never> {
  return Promise.reject(new Error('the cost model dead-lettered something'));
}

function publisherOf(
  form: Form,
  time: ManualTime,
  table: MeteredTable,
  broker: MeteredBroker,
): PublisherCore {
  const copies = form === 'engine' ? 1 : 2;
  let ids = 0;
  return createPublisherCore({
    ...IOT_CORE_LIMITS,
    deadLetterSender: { send: refuseDeadLetters },
    broker: broker.publisher,
    journal: createDynamoDbJournal({ dynamodb: table.dynamodb, tableName: JOURNAL_TABLE_NAME }),
    // It has run for long: the process before it has ended.
    overlapMs: 0,
    topics: topicSpace(),
    clock: time,
    timers: time,
    random: () => RANDOM,
    ids: () => `id-${(ids += 1)}`,
    logger: silentLogger,
    metrics: createPublisherMetrics(createMetrics('cost_publisher_')),
    clientIdPrefix: 'stepcast-publisher-cost',
    copies: () => copies,
    overviewIntervalMs: 10_000,
    maxWaitMs: 300_000,
    catchUp: DEFAULT_CATCH_UP_LIMITS,
    sharedSubscription: 'auto',
    share: { index: 0, of: copies },
  });
}

function correlationOf(
  time: ManualTime,
  { dynamodb }: MeteredTable,
  outbox: CorrelationPorts['outbox'],
): Correlation {
  const table = createDynamoTable({
    dynamodb,
    tableName: JOURNAL_TABLE_NAME,
    clock: time,
    timers: time,
    random: () => RANDOM,
    retentionSeconds: 30 * DAY_SECONDS,
  });
  return createCorrelation({
    journal: createDynamoJournal(table, time),
    executions: createDynamoExecutionStore(table),
    watchList: createDynamoWatchList(table),
    uploads: createDynamoUploadStore(table),
    waitingRoom: createDynamoWaitingRoom(table),
    machines: createDynamoMachineStore(table),
    directory: DIRECTORY,
    deadLetters: { send: refuseDeadLetters },
    outbox,
    settings: {
      ...DEFAULT_TIMES,
      rules: { keyTemplate: keyTemplate(DEFAULT_KEY_TEMPLATE), buckets: new Set([BUCKET]) },
      startMode: 'observed',
    },
    clock: time,
    timers: time,
    random: () => RANDOM,
    logger: silentLogger,
    metrics: createMetrics('cost_correlator_'),
  });
}

/** @returns an engine that is connected to its broker */
export async function createMeteredEngine(form: Form, time: ManualTime): Promise<MeteredEngine> {
  const table = createMeteredTable();
  const broker = createMeteredBroker(time);
  const handovers: Handover[] = [];
  const publisher = publisherOf(form, time, table, broker);
  const correlation = correlationOf(time, table, {
    send(handover) {
      handovers.push(handover);
      return publisher.accept(handover);
    },
  });
  const forwarder = createDirectForwarder({
    batches: {
      async take(executions) {
        await Promise.all(
          executions.map(({ executionArn, records }) =>
            correlation.correlate({ executionArn, records: [...records] }),
          ),
        );
        return executions.length;
      },
    },
    deadLetters: { send: refuseDeadLetters },
    logger: silentLogger,
    metrics: createMetrics('cost_forwarder_'),
    clock: time,
  });

  async function takeUpload(body: string): Promise<void> {
    for (const parsed of parseUploadMessage(body))
      if (parsed.ok) await correlation.takeUpload(parsed.value);
      else throw new TypeError('an upload event that does not read');
  }

  async function takeStatus(body: string): Promise<void> {
    const parsed = parseStatusMessage(body);
    if (!parsed.ok || parsed.value === 'ignored') throw new TypeError('a status that does not read');
    await correlation.takeStatus(parsed.value);
  }

  publisher.start();
  await time.advance(0);
  return {
    table,
    broker,
    handovers,
    async take(arrival) {
      if (arrival.kind === 'logs') await forwarder.handle(arrival.payload);
      else if (arrival.kind === 'upload') await takeUpload(arrival.body);
      else await takeStatus(arrival.body);
    },
  };
}
