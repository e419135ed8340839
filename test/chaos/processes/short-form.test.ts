import { describe, expect, it } from 'vitest';
import { reportFigure } from '../../support/figures.ts';
import { describeRun, isGood } from './report.ts';
import { runChaos } from './run.ts';
import { shortForm } from './short-form.ts';

describe('the services as processes that are killed, cut off and misled', () => {
  it.each([
    ['in one engine', 'engine'],
    ['each apart', 'apart'],
  ] as const)(
    'lose nothing, mix nothing up, say nothing twice and bring every upload to its end, %s',
    async (title, form) => {
      const report = await runChaos(shortForm(form, 1));
      // The description says what was found; a bare count would not.
      expect(isGood(report) ? 'good' : describeRun(report)).toBe('good');
      expect(report.kills).toBeGreaterThanOrEqual(2);
      expect(report.events).toBeGreaterThan(200);
      const deeds = Object.values(report.deeds).reduce((sum, one) => sum + one, 0);
      reportFigure(
        `services as processes, ${title}, seed 1`,
        `${report.kills} kills and ${deeds} deeds in all; ${report.uploads} uploads, ${report.events} events, ` +
          `none lost, out of order, foreign or twice, ${report.seconds} s`,
      );
    },
    480_000,
  );
});
