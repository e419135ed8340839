import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudit, type AuditEntry } from './audit.ts';
import { readAudit, type FollowedBy } from './audit-reading.ts';
import { fakeOperator } from './testing/fake-operator.ts';

type Outcome = AuditEntry['outcome'];

function world() {
  const operator = fakeOperator();
  const audit = createAudit(operator, () => undefined);
  return {
    operator,
    async write(change: string | undefined, outcome: Outcome, atMs?: number) {
      operator.nowMs = atMs ?? operator.nowMs + 1_000;
      await audit.record({ action: 'replay', subject: 'everybody', outcome, change });
    },
    async read(month = '2026-11', limit = 50) {
      const lines = await readAudit(operator.table, month, limit);
      return lines.map(({ outcome, followedBy }) => [outcome, followedBy]).toReversed();
    },
  };
}

describe('a change in the audit', () => {
  it('has an end, or none that is recorded: what was killed looked like what is done', async () => {
    const of = world();
    await of.write('a', 'begun');
    await of.write('b', 'begun');
    await of.write('b', 'done');
    expect(await of.read()).toEqual([
      ['begun', 'nothing'],
      ['begun', 'end'],
      ['done', null],
    ]);
  });

  it('that was resumed says so, and has the end of its last run', async () => {
    const of = world();
    await of.write('a', 'begun');
    await of.write('a', 'resumed');
    await of.write('a', 'failed');
    await of.write('a', 'resumed');
    expect(await of.read()).toEqual([
      ['begun', 'resumption'],
      ['resumed', 'end'],
      ['failed', null],
      ['resumed', 'nothing'],
    ]);
  });

  it('that ended in the next month has an end', async () => {
    const of = world();
    await of.write('a', 'begun', Date.parse('2026-11-30T23:59:59.000Z'));
    await of.write('b', 'begun', Date.parse('2026-11-30T23:59:59.500Z'));
    await of.write('a', 'done', Date.parse('2026-12-01T00:00:01.000Z'));
    expect(await of.read()).toEqual([
      ['begun', 'end'],
      ['begun', 'nothing'],
    ]);
  });

  it('that was written without an ID is known by who did what to what', async () => {
    const of = world();
    await of.write(undefined, 'begun');
    await of.write(undefined, 'begun');
    await of.write(undefined, 'done');
    expect(await of.read()).toEqual([
      ['begun', 'nothing'],
      ['begun', 'end'],
      ['done', null],
    ]);
  });

  it('is judged by its own entries, however changes overlap and however few of the newest are read', async () => {
    const life = fc.array(
      fc.record({ change: fc.constantFrom('a', 'b', 'c'), end: fc.constantFrom('done', 'failed', 'killed') }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(life, fc.integer({ min: 1, max: 24 }), fc.boolean(), async (runs, limit, late) => {
        const of = world();
        const expected: (readonly [Outcome, FollowedBy])[] = [];
        const seen = new Set<string>();
        for (const [index, { change, end }] of runs.entries()) {
          const outcome = seen.has(change) ? 'resumed' : 'begun';
          seen.add(change);
          const goesOn = runs.slice(index + 1).some((run) => run.change === change);
          await of.write(change, outcome);
          expected.push([outcome, end === 'killed' ? (goesOn ? 'resumption' : 'nothing') : 'end']);
          if (end === 'killed') continue;
          await of.write(change, end);
          expected.push([end, null]);
        }
        if (late) await of.write('another', 'begun');
        if (late) expected.push(['begun', 'nothing']);
        expect(await of.read('2026-11', limit)).toEqual(expected.slice(-limit));
      }),
      { numRuns: 200 },
    );
  });
});
