import { describe, expect, it } from 'vitest';
import { isRepelled, runAttack, tableOf, TRICKS, type AttackReport } from './run.ts';

describe('a hostile client with valid credentials', () => {
  it('gets nothing, changes nothing and stops nothing of somebody else, in ten tries of each trick', async () => {
    const report = await runAttack({ tries: TRICKS.length * 10, seed: 20_261_103 });
    expect(tableOf(report)).toContain(' 0 to the wrong person');
    expect(report.rows.filter(({ counts }) => counts.breach > 0)).toEqual([]);
    expect(report).toMatchObject({ wrong: [], lostConnections: 0, isObjectUnchanged: true });
    expect(isRepelled(report)).toBe(true);
    // Something was delivered, so that something could have gone wrong.
    expect(report.deliveries).toBeGreaterThan(20);
  });

  it('would be seen: each of the four ways to lose fails the run', () => {
    const good: AttackReport = {
      seed: 1,
      rows: [{ name: 'x', counts: { refused: 1, harmless: 1, breach: 0 } }],
      deliveries: 1,
      wrong: [],
      lostConnections: 0,
      isObjectUnchanged: true,
      watchedUploads: 1,
    };
    expect(isRepelled(good)).toBe(true);
    expect(
      [
        { ...good, rows: [{ name: 'x', counts: { refused: 0, harmless: 0, breach: 1 } }] },
        { ...good, wrong: ['an attacker received x'] },
        { ...good, lostConnections: 1 },
        { ...good, isObjectUnchanged: false },
      ].map(isRepelled),
    ).toEqual([false, false, false, false]);
  });
});
