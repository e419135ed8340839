import { describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import fc from 'fast-check';
import { parseRecordBatch } from './parse-record-batch.ts';
import { parseReportBatch, reportBatchBody, reportTargetName, type TargetReports } from './report-batch.ts';
import { cutReport, isReportLine } from './report-line.ts';

const arn = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:P:up-1');
const at = { id: '39997312345678901234567890123456789012345678901234567890', timestampMs: 1_793_700_930_123 };
const line = { stepcast: 'report', token: 't', bucket: 'photos', key: 'users/x/a.png' };

function cut(more: Readonly<Record<string, unknown>>, without: readonly string[] = []) {
  const kept = Object.entries({ ...line, ...more }).filter(([name]) => !without.includes(name));
  return cutReport(Object.fromEntries(kept), at);
}

describe('a line of a report', () => {
  it('is recognised by one word', () => {
    expect(isReportLine(line)).toBe(true);
    for (const other of [
      null,
      'report',
      [],
      {},
      { stepcast: 'other' },
      Object.create({ stepcast: 'report' }),
    ])
      expect(isReportLine(other)).toBe(false);
  });

  it('is cut to the upload or the execution, and what it says', () => {
    expect(cut({ percent: 40.26, text: 'page 4', step: 'OCR', versionId: 'v1', password: 'x' })).toEqual({
      ok: true,
      value: {
        target: { upload: { bucket: 'photos', key: 'users/x/a.png', versionId: 'v1' } },
        report: { id: at.id, atMs: at.timestampMs, step: 'OCR', percent: 40.3, text: 'page 4' },
      },
    });
    expect(cut({ executionArn: arn, done: 0 }, ['bucket', 'key'])).toMatchObject({
      ok: true,
      value: { target: { executionArn: arn }, report: { done: 0 } },
    });
  });

  it('takes null and empty texts as nothing', () => {
    const all = { executionArn: null, versionId: '', step: null, percent: null, total: null, text: 'x' };
    expect(cut(all)).toEqual({
      ok: true,
      value: {
        target: { upload: { bucket: 'photos', key: 'users/x/a.png' } },
        report: { id: at.id, atMs: at.timestampMs, text: 'x' },
      },
    });
  });

  it('counts the percentage from its parts, never above 100', () => {
    expect(cut({ done: 2, total: 3 })).toMatchObject({
      value: { report: { percent: 66, done: 2, total: 3 } },
    });
    expect(cut({ done: 5, total: 3 })).toMatchObject({ value: { report: { percent: 100 } } });
    expect(cut({ done: 0, total: 0 })).not.toHaveProperty('value.report.percent');
    expect(cut({ done: 2, total: 3, percent: 10 })).toMatchObject({ value: { report: { percent: 10 } } });
  });

  it('cleans its text as messages of errors are cleaned', () => {
    const text =
      '\n  \u202Ewrote https://h/x?sig=1 as arn:aws:s3:::b/k with AKIAABCDEFGHIJKLMNOP\nsecond line';
    expect(cut({ text })).toMatchObject({ value: { report: { text: 'wrote [url] as [arn] with [key]' } } });
    expect(cut({ text: 'x'.repeat(5_000) })).toMatchObject({
      value: { report: { text: expect.stringMatching(/^x{255}…$/) } },
    });
  });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['names nothing', { percent: 1 }, ['bucket', 'key']],
    ['names a key without its bucket', { percent: 1 }, ['bucket']],
    ['names an execution and an upload', { percent: 1, executionArn: arn }, []],
    [
      'names something else than an execution',
      { percent: 1, executionArn: 'arn:aws:s3:::x' },
      ['bucket', 'key'],
    ],
    ['says nothing', {}, []],
    ['says nothing but a step', { step: 'A', text: ' \n' }, []],
    ['is beyond 100 percent', { percent: 101 }, []],
    ['is below 0 percent', { percent: -1 }, []],
    ['has a text for a number', { percent: '40' }, []],
    ['counts backwards', { done: -1 }, []],
    ['has a name that no state can have', { percent: 1, step: 'x'.repeat(81) }, []],
    ['has a key that no object can have', { percent: 1, key: 'x'.repeat(1_025) }, []],
    ['has no token', { percent: 1 }, ['token']],
  ])('that %s is refused', (_what, more, without) => {
    expect(cut(more, without).ok).toBe(false);
  });

  it('is refused or within its bounds, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            percent: fc.anything(),
            done: fc.anything(),
            total: fc.anything(),
            text: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
            step: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (more) => {
          const result = cut(more);
          if (!result.ok) return;
          const { percent = 0, text = '' } = result.value.report;
          expect(percent >= 0 && percent <= 100).toBe(true);
          expect(text.length <= 256 && !/[\p{Cc}\p{Cf}]/u.test(text)).toBe(true);
          expect(
            parseReportBatch(reportBatchBody({ target: result.value.target, reports: [result.value.report] }))
              .ok,
          ).toBe(true);
        },
      ),
    );
  });
});

describe('a batch of reports', () => {
  const reports = [{ id: '1', atMs: 5, percent: 3, text: 'x' }];
  const batches: readonly TargetReports[] = [
    { target: { executionArn: arn }, reports },
    { target: { upload: { bucket: 'b', key: 'k\nwith a line feed', versionId: 'v' } }, reports },
  ];

  it.each(batches)('is read as it was written', (batch) => {
    expect(parseReportBatch(reportBatchBody(batch))).toEqual({ ok: true, value: batch });
  });

  it.each(batches)('is no batch of records, nor the other way round', (batch) => {
    expect(parseRecordBatch(reportBatchBody(batch)).ok).toBe(false);
    expect(parseReportBatch(JSON.stringify({ version: 1, executionArn: arn, records: [] })).ok).toBe(false);
  });

  it('has another name for another execution, upload or version', () => {
    const names = [
      ...batches.map(({ target }) => target),
      { upload: { bucket: 'b', key: 'k\nwith a line feed' } },
      { upload: { bucket: 'b', key: 'with a line feed', versionId: 'k' } },
    ].map(reportTargetName);
    expect(new Set(names).size).toBe(4);
  });
});
