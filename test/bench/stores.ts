import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { JOURNAL_TABLE_NAME } from '@stepcast/wire';
import {
  createDynamoExecutionStore,
  createDynamoJournal,
  createDynamoMachineStore,
  createDynamoTable,
  createDynamoUploadStore,
  createDynamoWaitingRoom,
  createDynamoWatchList,
} from '@stepcast/correlator';
import { systemClock, systemTimers } from '@stepcast/kit';
import { createDynamoDb } from '@stepcast/kit/dynamodb';
import {
  createDynamoDbJournal,
  createDynamoDbSummaries,
  type Journal,
  type UploadSummaries,
} from '@stepcast/publisher';
import { inMemoryReading, inMemoryStore, type BenchStore } from './ports.ts';

/** `memory`: ports that keep references; `dynamodb`: our adapters and our client, against an endpoint. */
export type StoreChoice =
  { readonly kind: 'memory' } | { readonly kind: 'dynamodb'; readonly endpoint: string };

export interface Stores extends Reading {
  readonly ports: BenchStore;
  readonly close: () => void;
}

export interface Reading {
  readonly journal: Journal;
  readonly summaries: UploadSummaries;
}

const REGION = 'us-east-1';

/** The clients of correlator and publisher, each with connections of its own. */
function clientsOf(store: Exclude<StoreChoice, { readonly kind: 'memory' }>) {
  const make = () =>
    new DynamoDBClient({
      region: REGION,
      endpoint: store.endpoint,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench' },
    });
  const [correlators, publishers] = [make(), make()];
  const connect = (client: DynamoDBClient) =>
    createDynamoDb({ client, clock: systemClock, timers: systemTimers, random: Math.random });
  const [writes, reads] = [connect(correlators), connect(publishers)];
  return {
    writes,
    reads,
    close: () => {
      void Promise.all([writes.close(), reads.close()]);
      correlators.destroy();
      publishers.destroy();
    },
  };
}

/** Opens what the correlator and the publisher keep, as it was chosen. */
export function openStores(store: StoreChoice, reading?: Reading): Stores {
  if (store.kind === 'memory')
    return { ports: inMemoryStore(), ...(reading ?? inMemoryReading()), close: () => undefined };
  const { writes: dynamodb, reads, close } = clientsOf(store);
  const table = createDynamoTable({
    dynamodb,
    tableName: JOURNAL_TABLE_NAME,
    clock: systemClock,
    timers: systemTimers,
    random: Math.random,
    retentionSeconds: 30 * 86_400,
  });
  const readingOptions = {
    dynamodb: reads,
    tableName: JOURNAL_TABLE_NAME,
    clock: systemClock,
    summaryRetentionSeconds: 15 * 86_400,
  };
  return {
    ports: {
      journal: createDynamoJournal(table),
      executions: createDynamoExecutionStore(table),
      watchList: createDynamoWatchList(table),
      uploads: createDynamoUploadStore(table),
      waitingRoom: createDynamoWaitingRoom(table),
      machines: createDynamoMachineStore(table),
    },
    journal: createDynamoDbJournal(readingOptions),
    summaries: createDynamoDbSummaries(readingOptions),
    close,
  };
}
