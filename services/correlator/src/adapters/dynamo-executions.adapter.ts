import { hexDigest } from '@stepcast/kit';
import type { ExecutionStore, WatchList } from '../ports/execution-store.port.ts';
import { readBody, type Table } from './dynamo-table.ts';
import { ArnBody, AssignmentBody, ParkedBody, WatchedBody } from './table-items.schema.ts';

/** Partitions that watched executions spread over: DynamoDB takes 1,000 writes a second in each. */
const WATCH_SHARDS = 8;

const OWNER = 'owner';
const PARKED = 'parked#';
const CHILD = 'child#';

export function digestOf(arn: string): string {
  return hexDigest(arn);
}

function partitionOf(executionArn: string): string {
  return `execution#${digestOf(executionArn)}`;
}

function watchKeyOf(executionArn: string): { pk: string; sk: string } {
  const digest = digestOf(executionArn);
  return { pk: `watch#${parseInt(digest.slice(0, 1), 16) % WATCH_SHARDS}`, sk: digest };
}

export function createDynamoExecutionStore(table: Table): ExecutionStore {
  return {
    async load(executionArn) {
      const items = await table.query(partitionOf(executionArn));
      const owner = items.find((item) => item.sk === OWNER);
      return {
        assignment: owner === undefined ? undefined : readBody(AssignmentBody, owner),
        parked: items
          .filter((item) => item.sk.startsWith(PARKED))
          .map((item) => ({ evidence: undefined, ...readBody(ParkedBody, item) })),
        children: items
          .filter((item) => item.sk.startsWith(CHILD))
          .map((item) => readBody(ArnBody, item).executionArn),
      };
    },
    async assign(executionArn, assignment, { replace } = { replace: false }) {
      const key = { pk: partitionOf(executionArn), sk: OWNER };
      if (await table.put(key, assignment, { ifAbsent: !replace })) return assignment;
      const stored = await table.get(key);
      // It can only be gone if its time to live ended just now; then the new one holds.
      return stored === undefined ? assignment : readBody(AssignmentBody, stored);
    },
    async park(executionArn, items) {
      const pk = partitionOf(executionArn);
      // DynamoDB refuses a batch that names a key twice.
      const unique = new Map(items.map((item) => [item.key, item]));
      await table.putAll(
        [...unique.values()].map((item) => ({ key: { pk, sk: PARKED + item.key }, body: item })),
      );
    },
    async unpark(executionArn, keys) {
      const pk = partitionOf(executionArn);
      await table.delete(keys.map((key) => ({ pk, sk: PARKED + key })));
    },
    async addChild(parent, child) {
      const key = { pk: partitionOf(parent), sk: CHILD + digestOf(child) };
      await table.put(key, { executionArn: child }, { ifAbsent: false });
    },
  };
}

export function createDynamoWatchList(table: Table): WatchList {
  return {
    async watch(watched) {
      await table.put(watchKeyOf(watched.executionArn), watched, { ifAbsent: true });
    },
    async unwatch(executionArns) {
      await table.delete(executionArns.map(watchKeyOf));
    },
    async *pages() {
      for (let shard = 0; shard < WATCH_SHARDS; shard += 1) {
        for await (const page of table.pages(`watch#${shard}`))
          yield page.map((item) => readBody(WatchedBody, item));
      }
    },
  };
}
