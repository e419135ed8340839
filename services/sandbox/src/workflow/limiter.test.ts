import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { limiter } from './limiter.ts';

describe('limiter', () => {
  it('never runs more jobs at once than allowed, and runs them all, failed ones too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
        async (scheduler, limit, fails) => {
          const run = limiter(limit);
          let now = 0;
          let most = 0;
          const jobs = fails.map((fail) =>
            run(async () => {
              now += 1;
              most = Math.max(most, now);
              await scheduler.schedule(Promise.resolve());
              now -= 1;
              if (fail) throw new Error('on purpose');
            }),
          );
          const results = Promise.allSettled(jobs);
          await scheduler.waitFor(results);
          expect((await results).map(({ status }) => status)).toEqual(
            fails.map((fail) => (fail ? 'rejected' : 'fulfilled')),
          );
          expect(most).toBe(Math.min(limit, fails.length));
        },
      ),
    );
  });
});
