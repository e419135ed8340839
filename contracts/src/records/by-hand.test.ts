import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordBatch } from '../execution-record.ts';
import { isObject, parseJson, parseValue, readJson, type ParseResult } from '../json.ts';
import { parseRecordBatch } from './parse-record-batch.ts';
import { parseUncutDetails, UncutDetails } from './uncut-details.ts';

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:up-1';

const text = fc.string();
const count = fc.nat();
const details = fc.record(
  {
    name: text,
    index: count,
    length: count,
    resourceType: text,
    resource: text,
    error: text,
    cause: text,
    mapRunArn: text,
    redriveCount: count,
    state: text,
    input: text,
    inputMissing: fc.constantFrom('excluded', 'truncated', 'tooLarge'),
    childExecutionArn: fc.constant(ARN),
    projections: fc.dictionary(text, fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const record = fc.record({
  id: fc.integer({ min: 1 }),
  type: fc.string({ minLength: 1 }),
  previousEventId: count,
  timestampMs: fc.integer(),
  redriveCount: count,
  details: fc.oneof(details, fc.constant({})),
});
const batch = fc.record({
  version: fc.constant(1),
  executionArn: fc.constant(ARN),
  records: fc.array(record, { minLength: 1, maxLength: 3 }),
});

/** What may stand where something else should. */
const odd = fc.oneof(
  fc.constantFrom(undefined, null, true, '', 'text', ARN, -1, 0, 1.5, 2 ** 53, -(2 ** 53), [], {}),
  fc.jsonValue(),
);
const oddKey = fc.constantFrom('unknown', '__proto__', 'constructor', 'projections', 'id');

/** Puts something odd into one place of a JSON value, or beside it; undefined takes it away. */
function withOddity(value: unknown, at: number, put: unknown, key: string | undefined): string {
  let places = 0;
  JSON.stringify(value, (_key, part: unknown) => {
    places += 1;
    return part;
  });
  const wanted = at % places;
  let place = -1;
  return JSON.stringify(value, (_key, part: unknown) => {
    place += 1;
    if (place !== wanted) return part;
    return key !== undefined && isObject(part)
      ? Object.fromEntries([...Object.entries(part), [key, put]])
      : put;
  });
}

describe('reading a batch of records', () => {
  it('takes what the schema takes, with the same result', () => {
    fc.assert(
      fc.property(batch, (value) => {
        const body = JSON.stringify(value);
        expect(parseRecordBatch(body)).toEqual(parseJson(RecordBatch, body));
      }),
    );
  });

  it('takes or refuses as the schema does, in the same words, what is odd in one place', () => {
    fc.assert(
      fc.property(batch, fc.nat(), odd, fc.option(oddKey, { nil: undefined }), (value, at, put, key) => {
        const body = withOddity(value, at, put, key);
        expect(parseRecordBatch(body)).toEqual(parseJson(RecordBatch, body));
      }),
    );
  });

  it('takes and refuses what the schema does, whatever the text is', () => {
    const whole = JSON.stringify({
      version: 1,
      executionArn: ARN,
      records: [
        { id: 1, type: 'T', previousEventId: 0, timestampMs: 1, redriveCount: 0, details: { index: 0 } },
      ],
    });
    const edit = fc.tuple(
      fc.nat(whole.length),
      fc.nat(4),
      fc.constantFrom('', '1', '"', '}', ',', 'e9', '-', 'x'),
    );
    fc.assert(
      fc.property(edit, ([at, removed, added]) => {
        const body = whole.slice(0, at) + added + whole.slice(at + removed);
        expect(parseRecordBatch(body)).toEqual(parseJson(RecordBatch, body));
      }),
    );
  });

  it('refuses numbers that JSON can write and nobody can count with', () => {
    const body = `{"version":1,"executionArn":"${ARN}","records":[{"id":1,"type":"T","previousEventId":0,"timestampMs":1,"redriveCount":0,"details":{"index":1e999}}]}`;
    expect(parseRecordBatch(body)).toMatchObject({
      ok: false,
      issues: [{ path: '$.records.0.details.index' }],
    });
  });
});

describe('reading the details of a history event', () => {
  const presence = fc.constantFrom(
    { truncated: false },
    { truncated: true, included: true },
    { included: true },
  );
  const uncut = fc.record(
    {
      name: text,
      index: count,
      length: fc.oneof(count, fc.constantFrom('3', '', 'three')),
      resourceType: text,
      resource: text,
      error: text,
      cause: text,
      mapRunArn: text,
      redriveCount: count,
      state: text,
      input: text,
      inputDetails: presence,
      output: text,
      outputDetails: presence,
      parameters: text,
      roleArn: text,
    },
    { requiredKeys: [] },
  );

  /** Fields that nobody looks at may be there, or not. */
  function lookedAt(parsed: ParseResult<UncutDetails>): unknown {
    if (!parsed.ok) return parsed;
    const { inputDetails, outputDetails, ...rest } = parsed.value;
    const fields = Object.entries(rest).filter(([key]) => Object.hasOwn(UncutDetails.shape, key));
    return {
      fields: Object.fromEntries(fields),
      input: inputDetails?.truncated,
      output: outputDetails?.truncated,
    };
  }

  it('takes or refuses as the schema does, in the same words, and finds the same in every field', () => {
    fc.assert(
      fc.property(uncut, fc.nat(), odd, fc.option(oddKey, { nil: undefined }), (value, at, put, key) => {
        for (const body of [JSON.stringify(value), withOddity(value, at, put, key)]) {
          const json = readJson(body);
          if (!json.ok) continue;
          expect(lookedAt(parseUncutDetails(json.value))).toEqual(
            lookedAt(parseValue(UncutDetails, json.value)),
          );
        }
      }),
    );
  });
});
