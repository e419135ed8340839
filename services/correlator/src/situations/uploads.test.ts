import { describe, expect, it } from 'vitest';
import { epochOf, executionNameOf, IdentityId, uploadIdOf } from '@stepcast/contracts';
import {
  ARN,
  arnOf,
  batchOf,
  BUCKET,
  createBench,
  IDENTITY,
  objectCreated,
  offsetsOf,
  readCounter,
  stateOf,
} from '../testing/correlation-bench.ts';
import { fixture, key, kindsOf, SIMPLE_KINDS, simpleRun, upload } from '../testing/situation.ts';

describe('an upload', () => {
  it('begins its stream at offset 1, before any execution is known', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    const [entry] = bench.ports.journal.all();
    expect(entry?.events).toEqual([{ offset: 1, kind: 'uploaded', time: '2026-11-03T10:15:29.000Z' }]);
    expect(stateOf(bench.ports)).toMatchObject({ status: 'queued', bucket: BUCKET, key, percent: null });
    expect(entry?.stream).toEqual(
      expect.objectContaining({ identityId: IDENTITY, uploadId: uploadIdOf(BUCKET, key) }),
    );
    expect(bench.ports.outbox.sent).toHaveLength(1);
  });

  it.each([
    ['before its execution', ['upload', 'run']],
    ['after its execution', ['run', 'upload']],
    ['twice', ['upload', 'run', 'upload']],
  ])('that is announced %s makes one stream, beginning with the upload', async (_name, steps) => {
    const bench = createBench();
    for (const step of steps) {
      if (step === 'upload') await upload(bench, objectCreated());
      else await bench.correlation.correlate(batchOf(ARN, simpleRun()));
    }
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
    expect(bench.ports.journal.all()[0]?.events[0]?.kind).toBe('uploaded');
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(stateOf(bench.ports)).toMatchObject({ status: 'succeeded', percent: 100 });
  });

  it('is the same upload as EventBridge and as S3 announce it', async () => {
    const bench = createBench();
    await upload(bench, fixture('s3-object-created-eventbridge.json'));
    await upload(bench, fixture('s3-notification.json'));
    expect(offsetsOf(bench.ports)).toEqual([[1]]);
  });

  it('never moves the newest version back when an older one is announced late', async () => {
    const bench = createBench();
    const [older, newer] = ['0069088CF1A7C3B2D4', '69088CF1A7C3B2D5'];
    await upload(bench, objectCreated({ sequencer: newer }));
    await upload(bench, objectCreated({ sequencer: older }));
    const epochs = await bench.ports.uploads.epochs(IdentityId.parse(IDENTITY), uploadIdOf(BUCKET, key));
    const newest = epochs.toSorted((one, other) => (one.epochStartedAt < other.epochStartedAt ? 1 : -1))[0];
    expect(epochs).toHaveLength(2);
    expect(newest?.sequencer).toBe(newer);
  });

  it.each([
    [
      'a user-pool sub in place of the identity',
      'users/34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e/x.png',
      /user-pool sub/,
    ],
    ['no identity', 'public/x.png', /does not follow/],
    ['something else in its place', 'users/me/x.png', /has something else than an identity ID/],
  ])(
    'under a key with %s is dead-lettered with an explanation, and nothing is started or emitted',
    async (_name, wrong, reason) => {
      const bench = createBench({ managed: true });
      await upload(bench, objectCreated().replace(key, wrong));
      expect(bench.ports.deadLetters.letters).toEqual([
        expect.objectContaining({ code: 'CORRELATOR_UPLOAD_UNOWNED', reason: expect.stringMatching(reason) }),
      ]);
      expect(bench.ports.journal.all()).toEqual([]);
      expect(bench.starter.started.size).toBe(0);
      expect(await readCounter(bench.metrics, 'uploads_total', { outcome: 'dead_lettered' })).toBe(1);
    },
  );

  it('in a bucket whose prefixes nobody pins proves nothing', async () => {
    const bench = createBench();
    await upload(bench, objectCreated().replaceAll(BUCKET, 'someone-elses-bucket'));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(bench.ports.deadLetters.letters[0]?.reason).toMatch(/someone-elses-bucket/);
  });

  it('of an empty folder is no upload', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated({ file: 'folder/' }).replace('"size":48213', '"size":0'));
    await upload(bench, fixture('s3-test-event.json'));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(bench.starter.started.size).toBe(0);
    expect(await readCounter(bench.metrics, 'uploads_total', { outcome: 'ignored' })).toBe(2);
  });
});

describe('managed mode', () => {
  const epoch = epochOf({ etag: 'b1946ac92492d2347c6235b4d2611184', sequencer: '0069088CF1A7C3B2D4' });
  const name = epoch === undefined ? '' : executionNameOf(BUCKET, key, epoch);

  it('starts one execution for an upload, however often it is announced, with the whole event as its input', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    await upload(bench, objectCreated());
    expect([...bench.starter.started]).toEqual([[name, objectCreated()]]);
  });

  it('knows the owner before the first record, also when records carry no data', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(arnOf(name), simpleRun({ inputMissing: 'excluded' })));
    expect(kindsOf(bench, arnOf(name))).toEqual(SIMPLE_KINDS);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('describe'))).toEqual([]);
  });
});
