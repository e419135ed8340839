import { describe, expect, it } from '@jest/globals';
import type { ExecutionRecord } from '@stepcast/contracts';
import { recordOf } from '../testing/records.ts';
import { advanceOf, META } from '../testing/stream-input.ts';
import { advanceStream, newHead } from './stream.ts';

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
});
