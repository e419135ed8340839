import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { RecordBatch } from './execution-record.ts';
import { isObject, parseJson, parseValue, readJson } from '@stepcast/contracts';
import { compiledRecordBatch, parseRecordBatch } from './parse-record-batch.ts';
import { compiledUncutDetails, UncutDetails } from './uncut-details.ts';

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
  it('accepts every good one by the compiled check alone, as the schema would read it', () => {
    const good = batch.filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(good, (value) => {
        const body = JSON.stringify(value);
        expect(compiledRecordBatch.accepts(JSON.parse(body))).toBe(true);
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

  it('accepts usual ones by the compiled check alone, with fields that nobody reads', () => {
    const details = {
      name: 'Resize',
      index: 3,
      resourceType: 'lambda',
      cause: null,
      input: '{}',
      inputDetails: { truncated: false, included: true },
      parameters: '{}',
      timeoutInSeconds: 60,
    };
    expect(compiledUncutDetails.accepts(details)).toBe(true);
    expect(compiledUncutDetails.accepts({ ...details, length: '3' })).toBe(false);
  });

  it('takes or refuses as the schema does, in the same words', () => {
    fc.assert(
      fc.property(uncut, fc.nat(), odd, fc.option(oddKey, { nil: undefined }), (value, at, put, key) => {
        for (const body of [JSON.stringify(value), withOddity(value, at, put, key)]) {
          const json = readJson(body);
          if (!json.ok) continue;
          expect(compiledUncutDetails.parse(json.value)).toEqual(parseValue(UncutDetails, json.value));
        }
      }),
    );
  });
});
