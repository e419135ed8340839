import { evidenceOf } from '@stepcast/wire';
import { describe, expect, it } from 'vitest';
import { parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import {
  ARN,
  arnOf,
  batchOf,
  createBench,
  IDENTITY,
  objectCreated,
  OTHER_IDENTITY,
  readCounter,
} from '../testing/correlation-bench.ts';
import { records } from '../testing/records.ts';
import { cloudTrailFor, key, kindsOf, SIMPLE_KINDS, simpleRun, upload } from '../testing/situation.ts';

/** A call of somebody else on the key, with fields of CloudTrail's record replaced. */
function callOfSomebodyElse(changes: Record<string, unknown>): string {
  const text = cloudTrailFor(OTHER_IDENTITY, key);
  const fields = JSON.stringify(changes).slice(1, -1);
  return text.replace('"eventName":"PutObject"', fields);
}

const withoutWrite: [string, string][] = [
  ['a refused PutObject', callOfSomebodyElse({ eventName: 'PutObject', errorCode: 'AccessDenied' })],
  ['a failed PutObject', callOfSomebodyElse({ eventName: 'PutObject', errorMessage: 'Slow down' })],
  ['a refused GetObject', callOfSomebodyElse({ eventName: 'GetObject', errorCode: 'AccessDenied' })],
  ['a refused HeadObject', callOfSomebodyElse({ eventName: 'HeadObject', errorCode: 'AccessDenied' })],
  ['a refused DeleteObject', callOfSomebodyElse({ eventName: 'DeleteObject', errorCode: 'AccessDenied' })],
  ['a GetObject that S3 allowed', callOfSomebodyElse({ eventName: 'GetObject' })],
  ['an upload that was only begun', callOfSomebodyElse({ eventName: 'CreateMultipartUpload' })],
];

describe('a call that S3 refused, or that only reads', () => {
  it.each(withoutWrite)('does not silence the owner of the key during a run: %s', async (_name, body) => {
    const bench = createBench();
    const run = simpleRun();
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await upload(bench, body);
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(bench.metrics, 'uploads_total', { outcome: 'ignored' })).toBe(1);
    expect(await readCounter(bench.metrics, 'uploads_total', { outcome: 'quarantined' })).toBe(0);
  });

  it.each(withoutWrite)('does not have the upload that follows dead-lettered: %s', async (_name, body) => {
    const bench = createBench();
    await upload(bench, body);
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.ports.deadLetters.letters).toEqual([]);
  });

  it.each(withoutWrite)('is no evidence in the input of an execution: %s', (_name, body) => {
    expect(evidenceOf(body)).toBeUndefined();
  });
});

describe("CloudTrail's word on a write", () => {
  it.each(['PutObject', 'PostObject', 'CopyObject', 'CompleteMultipartUpload'])(
    'is taken of %s',
    (eventName) => {
      const [parsed] = parseUploadMessage(callOfSomebodyElse({ eventName, errorCode: null }));
      expect(parsed).toMatchObject({ ok: true, value: { kind: 'caller', identityId: OTHER_IDENTITY } });
    },
  );

  it('is taken from S3 alone: anybody in the account may put events of a source of their own', () => {
    const forged = cloudTrailFor(OTHER_IDENTITY, key).replace('"source":"aws.s3"', '"source":"com.example"');
    expect(parseUploadMessage(forged)).toEqual([
      { ok: true, value: { kind: 'ignored', reason: 'notAnUpload' } },
    ]);
  });
});

describe('an execution that somebody else could have quarantined', () => {
  it('by writing the key that both may write: the caller in its own input counts', async () => {
    const bench = createBench();
    const shared = 'inbox/scan 01.png';
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, shared));
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: cloudTrailFor(IDENTITY, shared) })));
    await bench.time.advance(10_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect((await bench.ports.executions.load(ARN)).assignment).toMatchObject({ identityId: IDENTITY });
  });

  it('by a workflow that starts again what Stepcast has started goes on', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    const [name = ''] = [...bench.starter.started.keys()];
    const started = arnOf(name);
    const theirs = records(
      [1, 'ExecutionStarted', 0, { input: objectCreated({ identityId: OTHER_IDENTITY }) }],
      [2, 'TaskStateEntered', 0, { name: 'Nested' }],
      [3, 'TaskScheduled', 2],
      [4, 'TaskSubmitted', 3, { childExecutionArn: started }],
    );
    await bench.correlation.correlate(batchOf(ARN, theirs));
    await bench.correlation.correlate(batchOf(started, simpleRun()));
    expect(kindsOf(bench, started)).toEqual(SIMPLE_KINDS);
  });
});
