import { describe, expect, it } from '@jest/globals';
import { ExecutionArn } from '@stepcast/contracts';
import { type ExecutionRecord } from '@stepcast/wire';
import { recordOf } from '../testing/records.ts';
import { advanceOf, META } from '../testing/stream-input.ts';
import { advanceStream, MAX_FOLLOWED, newHead } from './stream.ts';

describe('journal entries', () => {
  it('stay far below what an item may hold, for an execution of 25,000 events as for any', () => {
    const records: ExecutionRecord[] = [{ ...recordOf(1), type: 'ExecutionStarted', previousEventId: 0 }];
    const add = (type: string, previousEventId: number, details: ExecutionRecord['details'] = {}) => {
      records.push({ ...recordOf(records.length + 1), type, previousEventId, details });
      return records.length;
    };
    const started = add('MapStateStarted', add('MapStateEntered', 0, { name: 'M' }), { length: 5_000 });
    let last = started;
    for (let index = 0; index < 5_000; index += 1) {
      const from = add('MapIterationStarted', index < 40 ? started : last, { name: 'M', index });
      last = add('PassStateExited', add('PassStateEntered', from, { name: 'P'.repeat(80) }), {
        name: 'P'.repeat(80),
      });
      add('MapIterationSucceeded', last, { name: 'M', index });
    }
    const { entries, released } = advanceStream(newHead(META), advanceOf(records));
    expect(released).toHaveLength(records.length);
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
    expect(entries.at(-1)?.body.checkpoint?.length).toBeLessThan(8_000);
  });

  it('stay below it with a thousand iterations open at once', () => {
    const records: ExecutionRecord[] = [
      { ...recordOf(1), type: 'ExecutionStarted', previousEventId: 0 },
      { ...recordOf(2), type: 'MapStateEntered', previousEventId: 0, details: { name: 'M' } },
      { ...recordOf(3), type: 'MapStateStarted', previousEventId: 2, details: { length: 3_000 } },
    ];
    for (let index = 0; index < 3_000; index += 1) {
      const id = records.length + 1;
      records.push({
        ...recordOf(id),
        type: 'MapIterationStarted',
        previousEventId: 3,
        details: { name: 'M', index },
      });
      records.push({
        ...recordOf(id + 1),
        type: 'TaskStateEntered',
        previousEventId: id,
        details: { name: `Task ${index % 7}` },
      });
    }
    const { entries } = advanceStream(newHead(META), advanceOf(records));
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
  });

  it('stay below it with more executions than a stream follows, all open; of what is beyond nothing is told', () => {
    const nameOf = (index: number) =>
      ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:Child:${'n'.repeat(70)}-${index}`);
    const records: ExecutionRecord[] = [
      { ...recordOf(1), type: 'ExecutionStarted', previousEventId: 0 },
      { ...recordOf(2), type: 'MapStateEntered', previousEventId: 0, details: { name: 'M' } },
      { ...recordOf(3), type: 'MapStateStarted', previousEventId: 2, details: { length: 8 } },
      ...Array.from({ length: 8 }, (_unused, index) => [
        {
          ...recordOf(4 + 2 * index),
          type: 'MapIterationStarted',
          previousEventId: 3,
          details: { name: 'M', index },
        },
        {
          ...recordOf(5 + 2 * index),
          type: 'TaskStateEntered',
          previousEventId: 4 + 2 * index,
          details: { name: `Task ${index}` },
        },
      ]).flat(),
    ];
    let head = newHead(META);
    let largest = 0;
    for (let index = 0; index < 2 * MAX_FOLLOWED; index += 1) {
      const more = { executionArn: nameOf(index), nested: index > 0 };
      const advanced = advanceStream(head, advanceOf(records, more));
      const isFollowed = index < MAX_FOLLOWED;
      expect(advanced.released).toHaveLength(isFollowed ? records.length : 0);
      expect(advanced.late).toHaveLength(isFollowed ? 0 : records.length);
      for (const { body } of advanced.entries) largest = Math.max(largest, JSON.stringify(body).length);
      head = advanced.entries.at(-1)?.head ?? head;
    }
    expect(head.folds.size).toBe(MAX_FOLLOWED);
    expect(largest).toBeLessThan(390_000);
    // Those that are followed go on.
    const end = { ...recordOf(records.length + 1), type: 'ExecutionAborted', previousEventId: 0 };
    const ended = advanceStream(head, advanceOf([end], { executionArn: nameOf(7), nested: true }));
    expect(ended.released).toEqual([end]);
  });
});
