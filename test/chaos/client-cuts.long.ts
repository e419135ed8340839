import { describe, expect, it } from 'vitest';
import { cutDuringExecutions } from './cuts.ts';
import { reportFigure } from '../support/figures.ts';
import { eventsOfQuickWorkflow } from './sandbox-client.ts';

const TASKS = 8;

describe('the web client on a whole sandbox', () => {
  it.each([11, 12, 13])(
    'is cut off 200 times during 100 executions and has every offset exactly once (seed %i)',
    async (seed) => {
      const report = await cutDuringExecutions({
        executions: 100,
        cuts: 200,
        tasks: TASKS,
        taskMs: 60,
        seed,
      });
      const discontinued = report.uploads.filter(({ discontinuities }) => discontinuities.length > 0);
      for (const { offsets, discontinuities, errors, status } of report.uploads) {
        expect(errors).toEqual([]);
        expect(new Set(offsets).size).toBe(offsets.length);
        expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
        // Everything exactly once, or a reported gap.
        if (discontinuities.length === 0) expect(offsets).toEqual(eventsOfQuickWorkflow(TASKS));
        expect(status).toBe('succeeded');
      }
      reportFigure(
        `client cut off ${report.cuts} times during ${report.uploads.length} executions, whole sandbox, seed ${seed}`,
        `${report.idleCuts} more cuts on the way back; ${100 - discontinued.length} uploads with every offset exactly once, ` +
          `${discontinued.length} with a reported discontinuity; ${report.connections} connections, ` +
          `${report.catchUps} catch-ups, ${report.tookSeconds.toFixed(0)} s`,
      );
    },
    1_200_000,
  );
});
