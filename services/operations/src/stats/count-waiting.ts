import {
  CORRELATION_KEYS,
  OwnerBody,
  ParkedBody,
  QUEUE_NAMES,
  UNDELIVERED_QUEUE_NAMES,
  WatchedBody,
} from '@stepcast/wire';
import type { Operator } from '../operator.ts';
import type { OperatorTable, QueueDepth } from '../ports.ts';
import { bodyOf } from '../reading/items.ts';
import { entryOf, eventsOf } from '../reading/streams.ts';

/** What one queue hands on to what. */
const HOPS = [
  { queue: QUEUE_NAMES.uploads, hop: 'S3 to correlator' },
  { queue: QUEUE_NAMES.status, hop: 'EventBridge to correlator' },
  { queue: QUEUE_NAMES.events, hop: 'forwarder to correlator' },
  { queue: QUEUE_NAMES.progress, hop: 'correlator to publisher (apart form)' },
  { queue: QUEUE_NAMES.deadLetters, hop: 'given up by a service, with a reason' },
  { queue: UNDELIVERED_QUEUE_NAMES.standard, hop: 'given up by AWS' },
  { queue: UNDELIVERED_QUEUE_NAMES.fifo, hop: 'given up by AWS, in order' },
] as const;

export interface HopStats {
  readonly queue: string;
  readonly hop: string;
  /** Null: there is no such queue. */
  readonly depth: QueueDepth | null;
  /** Age of the oldest message in milliseconds; null: nothing measures it, or the queue is empty. */
  readonly oldestMs: number | null;
}

export interface Waiting {
  /** Executions that have not ended, or whose last entry is on its way. */
  readonly watched: { readonly executions: number; readonly oldestMs: number | null };
  readonly parked: {
    readonly executions: number;
    readonly records: number;
    readonly oldestMs: number | null;
  };
  readonly quarantined: number;
  readonly unowned: number;
  readonly gaps: { readonly declared: number; readonly records: number };
}

export interface Stats {
  readonly at: string;
  readonly place: string;
  readonly hops: readonly HopStats[];
  /** Null with `--quick`: it takes a scan of the table. */
  readonly waiting: Waiting | null;
}

export async function readStats(operator: Operator, quick: boolean): Promise<Stats> {
  const { queues, ages, table, clock } = operator;
  const nowMs = clock.nowMs();
  const oldest = await ages.oldest(HOPS.map(({ queue }) => queue));
  const hops = await Promise.all(
    HOPS.map(async ({ queue, hop }) => ({
      queue,
      hop,
      depth: (await queues.depth(queue)) ?? null,
      oldestMs: oldest?.get(queue) ?? null,
    })),
  );
  return {
    at: new Date(nowMs).toISOString(),
    place: operator.place,
    hops,
    waiting: quick ? null : await countWaiting(table, nowMs),
  };
}

async function countWaiting(table: OperatorTable, nowMs: number): Promise<Waiting> {
  const [watched, owners, gaps] = await Promise.all([
    countWatched(table, nowMs),
    readOwners(table),
    countGaps(table),
  ]);
  return {
    watched,
    parked: await countParked(table, owners.quarantined, nowMs),
    quarantined: owners.quarantined.size,
    unowned: owners.unowned,
    gaps,
  };
}

const age = (nowMs: number, sinceMs: number) => (Number.isFinite(sinceMs) ? nowMs - sinceMs : null);

async function countWatched(table: OperatorTable, nowMs: number): Promise<Waiting['watched']> {
  let executions = 0;
  let since = Number.POSITIVE_INFINITY;
  for await (const item of table.scan({ pkPrefix: 'watch#' })) {
    executions += 1;
    since = Math.min(since, bodyOf(WatchedBody, item).sinceMs);
  }
  return { executions, oldestMs: age(nowMs, since) };
}

/** @param quarantined partitions of executions whose records wait for a release; they are no parked ones */
async function countParked(
  table: OperatorTable,
  quarantined: ReadonlySet<string>,
  nowMs: number,
): Promise<Waiting['parked']> {
  const executions = new Set<string>();
  let records = 0;
  let since = Number.POSITIVE_INFINITY;
  for await (const item of table.scan({ pkPrefix: 'execution#', skPrefix: CORRELATION_KEYS.parkedPrefix })) {
    if (quarantined.has(item.pk)) continue;
    const parked = bodyOf(ParkedBody, item);
    executions.add(item.pk);
    records += parked.records.length;
    since = Math.min(since, parked.parkedMs);
  }
  return { executions: executions.size, records, oldestMs: age(nowMs, since) };
}

async function readOwners(
  table: OperatorTable,
): Promise<{ readonly quarantined: ReadonlySet<string>; readonly unowned: number }> {
  const quarantined = new Set<string>();
  let unowned = 0;
  for await (const item of table.scan({ pkPrefix: 'execution#', sk: CORRELATION_KEYS.owner })) {
    const { kind } = bodyOf(OwnerBody, item);
    if (kind === 'quarantined') quarantined.add(item.pk);
    if (kind === 'unowned') unowned += 1;
  }
  return { quarantined, unowned };
}

async function countGaps(table: OperatorTable): Promise<Waiting['gaps']> {
  const counts = { declared: 0, records: 0 };
  const contains = { attribute: 'events', text: '"gapDeclared"' };
  for await (const item of table.scan({ pkPrefix: 'stream#', contains }))
    for (const { gap } of eventsOf(entryOf(item))) {
      if (gap === undefined) continue;
      counts.declared += 1;
      counts.records += gap.lastEventId - gap.firstEventId + 1;
    }
  return counts;
}
