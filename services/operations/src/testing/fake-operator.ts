import { topicSpace } from '@stepcast/contracts';
import { systemTimers } from '@stepcast/kit';
import { JOURNAL_KEYS, type JournalAttributes } from '@stepcast/wire';
import { PlaceUnreachableError } from '../errors.ts';
import type { Operator } from '../operator.ts';
import type { OperatorTable, TableItem } from '../ports.ts';

/** Queues and a table in memory, and a broker that takes everything. */
export interface FakeOperator extends Operator {
  /** Bodies of the messages of each queue. */
  readonly sent: Map<string, string[]>;
  /** Puts a message on a queue. */
  put(queue: string, body: string): void;
  readonly items: Map<string, TableItem>;
  /** What the broker acknowledged. */
  readonly published: { readonly topic: string; readonly retain: boolean; readonly text: string }[];
  /** The next so many publications fail. */
  failPublications(after: number): void;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

const NOW = Date.parse('2026-11-03T10:15:00.000Z');

export function fakeOperator(): FakeOperator {
  const sent = new Map<string, string[]>();
  const items = new Map<string, TableItem>();
  const inHand = new Set<string>();
  const published: FakeOperator['published'] = [];
  let left = Number.POSITIVE_INFINITY;
  let ids = 0;
  const messages = (queue: string) => sent.get(queue) ?? [];
  const receiptOf = (queue: string, index: number) => `${queue}#${index}`;
  const deleted = new Set<string>();
  const there = (queue: string) =>
    messages(queue).flatMap((body, index) => (deleted.has(receiptOf(queue, index)) ? [] : [{ body, index }]));

  const operator: FakeOperator = {
    place: 'a test',
    topics: topicSpace(),
    sent,
    items,
    published,
    nowMs: NOW,
    put(queue, body) {
      sent.set(queue, [...messages(queue), body]);
    },
    failPublications(after) {
      left = after;
    },
    table: tableOf(items),
    queues: {
      depth: (queue) => {
        const all = there(queue);
        const inFlight = all.filter(({ index }) => inHand.has(receiptOf(queue, index))).length;
        return Promise.resolve({ visible: all.length - inFlight, inFlight, delayed: 0 });
      },
      send(queue, body) {
        operator.put(queue, body);
        return Promise.resolve();
      },
      receive(queue) {
        const free = there(queue).filter(({ index }) => !inHand.has(receiptOf(queue, index)));
        return Promise.resolve(
          free.slice(0, 10).map(({ body, index }) => {
            const receipt = receiptOf(queue, index);
            inHand.add(receipt);
            return { body, receipt, messageId: `id-${index}`, sentMs: NOW, groupId: undefined };
          }),
        );
      },
      delete(_queue, receipt) {
        deleted.add(receipt);
        return Promise.resolve();
      },
      release(_queue, receipt) {
        inHand.delete(receipt);
        return Promise.resolve();
      },
    },
    ages: { oldest: () => Promise.resolve(undefined) },
    broker: {
      address: 'a fake',
      connect: () =>
        Promise.resolve({
          publish({ topic, payload, retain }) {
            if (left <= 0) return Promise.reject(new PlaceUnreachableError('the broker is away'));
            left -= 1;
            published.push({ topic, retain, text: Buffer.from(payload).toString('utf8') });
            return Promise.resolve();
          },
          subscribe: () => Promise.resolve(),
          ended: new Promise<never>(() => undefined),
          close: () => Promise.resolve(),
        }),
    },
    executions: {
      describe: () => Promise.resolve(undefined),
      ends: () => Promise.resolve([]),
      start: () => Promise.resolve(false),
    },
    who: () => Promise.resolve('nobody'),
    clock: { nowMs: () => operator.nowMs },
    timers: systemTimers,
    newId: () => `id${(ids += 1)}`,
    close: () => undefined,
  };
  return operator;
}

function textIn(attributes: JournalAttributes, name: string): string {
  const value = attributes[name];
  return value !== undefined && 'S' in value ? value.S : '';
}

function tableOf(items: Map<string, TableItem>): OperatorTable {
  const keyOf = (pk: string, sk: string) => `${pk}\n${sk}`;
  const sorted = () => [...items.values()].toSorted((one, other) => (one.sk < other.sk ? -1 : 1));
  const itemOf = (attributes: JournalAttributes): TableItem => ({
    pk: textIn(attributes, JOURNAL_KEYS.partition),
    sk: textIn(attributes, JOURNAL_KEYS.sort),
    attributes,
  });
  return {
    get: (pk, sk) => Promise.resolve(items.get(keyOf(pk, sk))),
    async *query(pk, { prefix = '', newestFirst = false, limit = Number.POSITIVE_INFINITY } = {}) {
      await Promise.resolve();
      const found = sorted().filter((item) => item.pk === pk && item.sk.startsWith(prefix));
      yield* (newestFirst ? found.toReversed() : found).slice(0, limit);
    },
    async *scan({ pkPrefix, sk, skPrefix = '', contains }) {
      await Promise.resolve();
      yield* sorted().filter(
        (item) =>
          item.pk.startsWith(pkPrefix) &&
          (sk === undefined || item.sk === sk) &&
          item.sk.startsWith(skPrefix) &&
          (contains === undefined || textIn(item.attributes, contains.attribute).includes(contains.text)),
      );
    },
    insert(attributes) {
      const item = itemOf(attributes);
      if (items.has(keyOf(item.pk, item.sk))) return Promise.resolve('taken');
      items.set(keyOf(item.pk, item.sk), item);
      return Promise.resolve('written');
    },
    replace(attributes) {
      const item = itemOf(attributes);
      items.set(keyOf(item.pk, item.sk), item);
      return Promise.resolve(true);
    },
    delete: (pk, sk) => Promise.resolve(items.delete(keyOf(pk, sk))),
  };
}
