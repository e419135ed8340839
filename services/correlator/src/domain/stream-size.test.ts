import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { entryAttributes, MAX_ENTRY_BYTES, type ExecutionRecord } from '@stepcast/wire';
import { recordOf } from '../testing/records.ts';
import { advanceOf, META } from '../testing/stream-input.ts';
import type { PlannedEntry } from './entry-planner.ts';
import { advanceStream, type Advanced } from './stream.ts';
import { MAX_FOLLOWED, newHead } from './stream-head.ts';

/** What an item of DynamoDB holds, less its keys. */
const MAX_ITEM_BYTES = 400 * 1024 - 1_000;

const bytesOf = (text: string | undefined) => Buffer.byteLength(text ?? '');

/** Names and values as UTF-8, as DynamoDB counts them. */
function itemBytes(entry: PlannedEntry): number {
  return Object.entries(entryAttributes(entry)).reduce(
    (sum, [name, value]) =>
      sum + bytesOf(name) + bytesOf('S' in value ? value.S : 'N' in value ? value.N : 'x'),
    0,
  );
}

function expectToFit(entries: readonly PlannedEntry[]): void {
  expect(entries.length).toBeGreaterThan(0);
  for (const entry of entries) {
    expect(bytesOf(entry.events)).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
    expect(itemBytes(entry)).toBeLessThan(MAX_ITEM_BYTES);
  }
}

const countOf = ({ records }: Advanced, became: string) =>
  records.filter((one) => one.became === became).length;

/** An execution in the making: each record gets the next id. */
function history() {
  const records: ExecutionRecord[] = [];
  const add = (type: string, previousEventId: number, details: ExecutionRecord['details'] = {}) => {
    records.push({ ...recordOf(records.length + 1), type, previousEventId, details });
    return records.length;
  };
  return { records, add };
}

/** Iterations that are all open at once, each in a state. */
function openIterations(count: number, name: (index: number) => string) {
  const { records, add } = history();
  add('ExecutionStarted', 0);
  const started = add('MapStateStarted', add('MapStateEntered', 0, { name: 'M' }), { length: count });
  for (let index = 0; index < count; index += 1)
    add('TaskStateEntered', add('MapIterationStarted', started, { name: 'M', index }), { name: name(index) });
  return { records, add };
}

describe('journal entries', () => {
  it('stay far below what an item may hold, for an execution of 25,000 events as for any', () => {
    const { records, add } = history();
    add('ExecutionStarted', 0);
    const started = add('MapStateStarted', add('MapStateEntered', 0, { name: 'M' }), { length: 5_000 });
    let last = started;
    for (let index = 0; index < 5_000; index += 1) {
      const from = add('MapIterationStarted', index < 40 ? started : last, { name: 'M', index });
      last = add('PassStateExited', add('PassStateEntered', from, { name: 'P'.repeat(80) }), {
        name: 'P'.repeat(80),
      });
      add('MapIterationSucceeded', last, { name: 'M', index });
    }
    const advanced = advanceStream(newHead(META), advanceOf(records));
    expect(countOf(advanced, 'released')).toBe(records.length);
    expectToFit(advanced.entries);
    for (const { cursor } of advanced.entries) expect(bytesOf(cursor)).toBeLessThan(8_000);
  });

  it('stay below it with a thousand iterations open at once', () => {
    const { records } = openIterations(3_000, (index) => `Task ${index % 7}`);
    expectToFit(advanceStream(newHead(META), advanceOf(records)).entries);
  });

  it('stay below it with the longest names and errors, in characters of three bytes', () => {
    const { records, add } = openIterations(
      1_000,
      (index) => `${String(index).padStart(4, '0')}${'長'.repeat(76)}`,
    );
    const entered = records.filter(({ type }) => type === 'TaskStateEntered').map(({ id }) => id);
    for (const id of entered) add('TaskFailed', id, { error: '誤'.repeat(256), cause: '因'.repeat(256) });
    add('MapStateFailed', entered[0] ?? 0);
    add('ExecutionFailed', entered[0] ?? 0, { error: '誤'.repeat(256), cause: '因'.repeat(256) });
    const head = newHead(META);
    let parked: ExecutionRecord[] = [];
    for (let at = 0; at < records.length; at += 50) {
      const advanced = advanceStream(head, advanceOf([...parked, ...records.slice(at, at + 50)]));
      if (advanced.entries.length > 0) expectToFit(advanced.entries);
      parked = advanced.records.filter(({ became }) => became === 'parked').map(({ record }) => record);
    }
    expect(head.state.status).toBe('failed');
  });

  it('stay below it with more executions than a stream follows, all open; what is beyond emits nothing', () => {
    const nameOf = (index: number) =>
      ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:Child:${'n'.repeat(70)}-${index}`);
    const { records } = openIterations(8, (index) => `Task ${index}`);
    const head = newHead(META);
    for (let index = 0; index < 2 * MAX_FOLLOWED; index += 1) {
      const more = { executionArn: nameOf(index), nested: index > 0 };
      const advanced = advanceStream(head, advanceOf(records, more));
      const isFollowed = index < MAX_FOLLOWED;
      expect(countOf(advanced, 'released')).toBe(isFollowed ? records.length : 0);
      expect(countOf(advanced, 'late')).toBe(isFollowed ? 0 : records.length);
      if (isFollowed) expectToFit(advanced.entries);
    }
    expect(head.folds.size).toBe(MAX_FOLLOWED);
    // Those that are followed go on.
    const end = { ...recordOf(records.length + 1), type: 'ExecutionAborted', previousEventId: 0 };
    const ended = advanceStream(head, advanceOf([end], { executionArn: nameOf(7), nested: true }));
    expect(ended.records).toEqual([{ record: end, became: 'released' }]);
  });
});
