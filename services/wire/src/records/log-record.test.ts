import { describe, expect, it } from 'vitest';
import { parseValue } from '@stepcast/contracts';
import fc from 'fast-check';
import { compiledLogRecord, parseLogRecord, WrittenLogRecord } from './log-record.ts';

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:up-1';

const usual = fc.record({
  id: fc.integer({ min: 1 }).map(String),
  type: fc.string({ minLength: 1 }),
  details: fc.jsonValue(),
  previous_event_id: fc.nat().map(String),
  event_timestamp: fc.nat().map(String),
  execution_arn: fc.constant(ARN),
  redrive_count: fc.nat().map(String),
});

/** What may stand in one of the fields, or in one beside them. */
const odd = fc.record(
  Object.fromEntries(
    ['id', 'previous_event_id', 'redrive_count', 'type', 'execution_arn', 'unknown'].map((key) => [
      key,
      fc.oneof(
        fc.constantFrom(
          undefined,
          null,
          '',
          ' 1',
          '0',
          '00',
          '1.5',
          '-1',
          '1e3',
          '9'.repeat(15),
          '9'.repeat(16),
        ),
        fc.constantFrom(0, 1, -1, 1.5, 2 ** 53, [], {}, ARN, `${ARN}:`, `${ARN}${'x'.repeat(512)}`),
        fc.jsonValue(),
      ),
    ]),
  ),
  { requiredKeys: [] },
);

describe('reading a log record', () => {
  it('accepts usual ones by the compiled check alone, and reads their numbers', () => {
    fc.assert(
      fc.property(usual, (record) => {
        expect(compiledLogRecord.accepts(record)).toBe(true);
        expect(parseLogRecord(record)).toEqual({
          ok: true,
          value: {
            id: Number(record.id),
            type: record.type,
            details: record.details,
            previousEventId: Number(record.previous_event_id),
            timestampMs: Number(record.event_timestamp),
            executionArn: record.execution_arn,
            redriveCount: Number(record.redrive_count),
          },
        });
      }),
    );
  });

  it('takes or refuses what the schema does, with the same result and the same words', () => {
    fc.assert(
      fc.property(usual, odd, (record, change) => {
        for (const value of [record, { ...record, ...change }])
          expect(compiledLogRecord.parse(value)).toEqual(parseValue(WrittenLogRecord, value));
        for (const [key, put] of Object.entries(change)) {
          const value = { ...record, [key]: put };
          expect(compiledLogRecord.parse(value)).toEqual(parseValue(WrittenLogRecord, value));
        }
      }),
    );
  });

  it('takes or refuses any JSON as the schema does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(compiledLogRecord.parse(value)).toEqual(parseValue(WrittenLogRecord, value));
      }),
    );
  });

  it('refuses an id of zero, as text and as a number, and counts no redrives where none are named', () => {
    const record = {
      id: '00',
      type: 'T',
      details: {},
      previous_event_id: '0',
      event_timestamp: '1',
      execution_arn: ARN,
    };
    expect(parseLogRecord(record)).toMatchObject({ ok: false, issues: [{ path: '$.id' }] });
    expect(parseLogRecord({ ...record, id: 0 })).toMatchObject({ ok: false, issues: [{ path: '$.id' }] });
    expect(parseLogRecord({ ...record, id: '01' })).toMatchObject({
      ok: true,
      value: { id: 1, redriveCount: 0 },
    });
  });
});
