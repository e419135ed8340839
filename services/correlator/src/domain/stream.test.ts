import { describe, expect, it } from '@jest/globals';
import { Epoch, ExecutionArn, IdentityId, uploadIdOf, type ExecutionRecord } from '@stepcast/contracts';
import fc from 'fast-check';
import { assertProperty } from '../testing/property-runs.ts';
import { randomHistory } from '../testing/random-history.ts';
import { recordOf } from '../testing/records.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { advanceStream, newHead, type StreamHead } from './stream.ts';

const one = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');

describe('journal entries', () => {
  const meta = {
    identityId: one,
    uploadId: uploadIdOf('ours', 'k'),
    epoch: Epoch.parse('e'),
    epochStartedAt: '2026-11-03T10:15:29.000Z',
    bucket: 'ours',
    key: 'k',
  };

  function run(records: readonly ExecutionRecord[]) {
    const input = {
      executionArn: arn,
      source: 's',
      nested: false,
      records,
      statuses: [],
      sparse: false,
      giveUp: undefined,
      profile: undefined,
    };
    return advanceStream(newHead(meta), input);
  }

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
    const { entries, released } = run(records);
    expect(released).toHaveLength(records.length);
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
    const last5 = entries.at(-1)?.head as StreamHead;
    expect(writeCheckpoint(last5.folds).length).toBeLessThan(8_000);
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
    const { entries } = run(records);
    expect(Math.max(...entries.map((entry) => JSON.stringify(entry.body).length))).toBeLessThan(300_000);
  });

  it('hold events that follow on without a hole, as many as the offsets say', async () => {
    await assertProperty(
      'entries',
      100,
      fc.property(fc.integer(), (seed) => {
        const { entries } = run(randomHistory(seed).records);
        const offsets = entries.flatMap((entry) => entry.body.events.map((event) => Number(event.offset)));
        expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
        for (const { firstOffset, body } of entries) {
          expect(body.events[0]?.offset).toBe(firstOffset);
          expect(body.state.position.offset).toBe(body.events.at(-1)?.offset);
        }
      }),
    );
  });
});
