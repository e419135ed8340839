import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createReporter, reportLine, type ProgressReport } from './index.ts';

const upload = { bucket: 'photos', key: 'users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/a.png' };
const token = 'b5a2c6f0-0000-4000-8000-000000000001';

/** A reporter whose clock only the test moves. */
function world(given: { readonly token: string | undefined } = { token }) {
  const lines: string[] = [];
  const timers: { dueMs: number; readonly callback: () => void }[] = [];
  let nowMs = 0;
  const reporter = createReporter({
    ...given,
    write: (line) => lines.push(line),
    nowMs: () => nowMs,
    after: (delayMs, callback) => {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timer.dueMs = Infinity;
      };
    },
  });
  const pass = (ms: number) => {
    nowMs += ms;
    for (const timer of timers)
      if (timer.dueMs <= nowMs) {
        timer.dueMs = Infinity;
        timer.callback();
      }
  };
  const said = () => lines.map((line): unknown => JSON.parse(line));
  return { reporter, pass, said, lines };
}

describe('the line of a report', () => {
  it('names its upload or its execution, and says only what it was given', () => {
    expect(JSON.parse(reportLine({ upload, percent: 40 }, token))).toEqual({
      stepcast: 'report',
      token,
      ...upload,
      percent: 40,
    });
    expect(JSON.parse(reportLine({ executionArn: 'arn:x', step: 'Resize', text: 'one' }, token))).toEqual({
      stepcast: 'report',
      token,
      executionArn: 'arn:x',
      step: 'Resize',
      text: 'one',
    });
  });

  it('is one line that names the upload it was given, whatever stands in key and text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, text) => {
        const hostile = `x","key":"users/other/y","executionArn":"z\n{"stepcast":"report"}${key}`;
        const line = reportLine({ upload: { bucket: 'photos', key: hostile }, text }, token);
        expect(line).not.toMatch(/[\n\r]/);
        expect(JSON.parse(line)).toMatchObject({ bucket: 'photos', key: hostile, token });
        expect(JSON.parse(line)).not.toHaveProperty('executionArn');
      }),
    );
  });

  it('keeps numbers within their bounds, and leaves out what is none', () => {
    const read = (report: Partial<ProgressReport>): unknown =>
      JSON.parse(reportLine({ upload, ...report }, token));
    expect(read({ percent: 140 })).toMatchObject({ percent: 100 });
    expect(read({ percent: -1, done: -3 })).toMatchObject({ percent: 0, done: 0 });
    expect(read({ percent: NaN, done: Infinity, total: NaN })).toEqual({
      stepcast: 'report',
      token,
      ...upload,
    });
  });
});

describe('a reporter', () => {
  it('writes a thousand reports of a second as two lines: the first at once, and the last', () => {
    const { reporter, pass, said } = world();
    for (let done = 1; done <= 1_000; done += 1) {
      reporter.report({ upload, done, total: 1_000 });
      pass(1);
    }
    pass(1_000);
    expect(said()).toMatchObject([{ done: 1 }, { done: 1_000 }]);
  });

  it('has steps and uploads wait for nobody but themselves', () => {
    const { reporter, said } = world();
    reporter.report({ upload, step: 'A', percent: 1 });
    reporter.report({ upload, step: 'B', percent: 2 });
    reporter.report({ upload: { ...upload, key: 'other' }, step: 'A', percent: 3 });
    reporter.report({ executionArn: 'arn', percent: 4 });
    expect(said()).toHaveLength(4);
  });

  it('loses none of the last reports when it is flushed, and says none twice', () => {
    const { reporter, pass, said } = world();
    for (const percent of [1, 2, 3]) reporter.report({ upload, percent });
    reporter.flush();
    reporter.flush();
    pass(10_000);
    expect(said()).toMatchObject([{ percent: 1 }, { percent: 3 }]);
  });

  it('says the newest last and keeps its distance, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_500), { minLength: 1, maxLength: 60 }), (pauses) => {
        const { reporter, pass, said } = world();
        pauses.forEach((ms, index) => {
          reporter.report({ upload, done: index });
          pass(ms);
        });
        pass(1_000);
        const nowMs = pauses.reduce((sum, ms) => sum + ms, 0);
        expect(said().at(-1)).toMatchObject({ done: pauses.length - 1 });
        expect(said().length).toBeLessThanOrEqual(nowMs / 1_000 + 2);
      }),
    );
  });

  it('writes nothing without a token', () => {
    for (const none of [undefined, '']) {
      const { reporter, lines } = world({ token: none });
      reporter.report({ upload, percent: 1 });
      expect(lines).toEqual([]);
    }
  });
});
