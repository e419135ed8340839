import { hexDigest } from '@stepcast/kit';
import {
  ArnBody,
  CORRELATION_KEYS,
  correlationKeys,
  OwnerBody,
  ParkedBody,
  WatchedBody,
} from '@stepcast/wire';
import type { Assignment } from '../domain/ownership.ts';
import type { ExecutionStore, WatchList } from '../ports/execution-store.port.ts';
import type { ItemKey, StoredItem, Table } from './dynamo-table.ts';
import { bodyOf, readBody } from './item-body.ts';
import { StoreError } from './store-error.ts';

const {
  owner: OWNER,
  parkedPrefix: PARKED,
  childPrefix: CHILD,
  watchShards: WATCH_SHARDS,
} = CORRELATION_KEYS;
/** Stands at the owner's key while something waits for an owner. */
const WAITING = { kind: 'waiting' } as const;
const WAITING_TEXT = JSON.stringify(WAITING);
/** Replacing the placeholder fails only when another owner was assigned, or its time to live ended. */
const MAX_ATTEMPTS = 3;

export function digestOf(arn: string): string {
  return hexDigest(arn);
}

function partitionOf(executionArn: string): string {
  return correlationKeys.execution(digestOf(executionArn));
}

function watchKeyOf(executionArn: string): ItemKey {
  return correlationKeys.watch(digestOf(executionArn));
}

function assignmentOf(item: StoredItem | undefined): Assignment | undefined {
  if (item === undefined) return undefined;
  const owner = readBody(OwnerBody, item);
  switch (owner.kind) {
    case 'waiting':
      return undefined;
    case 'owned':
      return owner;
    case 'quarantined':
    case 'unowned':
      return { kind: owner.kind, reason: owner.reason };
  }
}

/** Of what emits nothing the ARN is stored too: no stream names it. */
function bodyOfAssignment(executionArn: string, assignment: Assignment) {
  return bodyOf(assignment.kind === 'owned' ? assignment : { ...assignment, executionArn });
}

export function createDynamoExecutionStore(table: Table): ExecutionStore {
  const ownerKeyOf = (executionArn: string): ItemKey => ({ pk: partitionOf(executionArn), sk: OWNER });
  return {
    async load(executionArn) {
      const items = await table.query(partitionOf(executionArn));
      return {
        assignment: assignmentOf(items.find((item) => item.sk === OWNER)),
        parked: items
          .filter((item) => item.sk.startsWith(PARKED))
          .map((item) => ({ evidence: undefined, ...readBody(ParkedBody, item) })),
        children: items
          .filter((item) => item.sk.startsWith(CHILD))
          .map((item) => readBody(ArnBody, item).executionArn),
      };
    },
    async assign(executionArn, assignment) {
      const key = ownerKeyOf(executionArn);
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        if ((await table.insert(key, bodyOfAssignment(executionArn, assignment))) === 'written')
          return { assignment, awaited: attempt > 1 };
        const stored = await table.get(key);
        const before = assignmentOf(stored);
        if (before !== undefined) return { assignment: before, awaited: true };
        if (
          stored !== undefined &&
          (await table.replace(key, WAITING_TEXT, bodyOfAssignment(executionArn, assignment)))
        )
          return { assignment, awaited: true };
      }
      throw new StoreError('the owner of an execution changes all the time', 'contention');
    },
    async reassign(executionArn, assignment) {
      await table.put(ownerKeyOf(executionArn), bodyOfAssignment(executionArn, assignment));
    },
    async announce(executionArn) {
      const key = ownerKeyOf(executionArn);
      if ((await table.insert(key, bodyOf(WAITING))) === 'written') return undefined;
      return assignmentOf(await table.get(key));
    },
    async park(executionArn, items) {
      const pk = partitionOf(executionArn);
      // A key is made of its item's content: where it is taken, the item is there.
      await Promise.all(items.map((item) => table.insert({ pk, sk: PARKED + item.key }, bodyOf(item))));
    },
    async unpark(executionArn, keys) {
      const pk = partitionOf(executionArn);
      await table.delete(keys.map((key) => ({ pk, sk: PARKED + key })));
    },
    async addChild(parent, child) {
      const key = { pk: partitionOf(parent), sk: CHILD + digestOf(child) };
      await table.put(key, bodyOf({ executionArn: child }));
    },
  };
}

export function createDynamoWatchList(table: Table): WatchList {
  return {
    async watch(watched) {
      await table.insert(watchKeyOf(watched.executionArn), bodyOf(watched));
    },
    async unwatch(executionArns) {
      await table.delete(executionArns.map(watchKeyOf));
    },
    async *pages() {
      for (let shard = 0; shard < WATCH_SHARDS; shard += 1) {
        for await (const page of table.pages(correlationKeys.watchShard(shard)))
          yield page.map((item) => readBody(WatchedBody, item));
      }
    },
  };
}
