import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  epochOf,
  ExecutionArn,
  executionNameOf,
  IdentityId,
  parseJson,
  uploadIdOf,
  type ExecutionRecord,
} from '@stepcast/contracts';
import * as z from 'zod';
import { parseStatusMessage, parseUploadMessage } from './adapters/queue-inputs.schema.ts';
import { MAX_FOLLOWED } from './domain/stream.ts';
import {
  arnOf,
  balance,
  batchOf,
  BUCKET,
  createBench,
  eventsOf,
  expressArnOf,
  IDENTITY,
  MACHINE_ARN,
  objectCreated,
  offsetsOf,
  OTHER_IDENTITY,
  readCounter,
} from './testing/correlation-bench.ts';

const arn = arnOf('up-1');
const t0 = Date.UTC(2026, 10, 3, 10, 15, 30);

type Line = [id: number, type: string, previous: number, details?: ExecutionRecord['details']];

function records(...lines: Line[]): ExecutionRecord[] {
  return lines.map(([id, type, previousEventId, details = {}]) => ({
    id,
    type,
    previousEventId,
    timestampMs: t0 + id,
    redriveCount: 0,
    details,
  }));
}

/** One task, from start to success. */
function simpleRun(details: ExecutionRecord['details'] = { input: objectCreated() }): ExecutionRecord[] {
  return records(
    [1, 'ExecutionStarted', 0, details],
    [2, 'TaskStateEntered', 0, { name: 'Extract' }],
    [3, 'TaskScheduled', 2],
    [4, 'TaskSucceeded', 3],
    [5, 'TaskStateExited', 4, { name: 'Extract' }],
    [6, 'ExecutionSucceeded', 5],
  );
}

const SIMPLE_KINDS = ['executionStarted', 'stepStarted', 'stepSucceeded', 'executionSucceeded'];

type Bench = ReturnType<typeof createBench>;

const kindsOf = (bench: Bench, executionArn = arn) =>
  eventsOf(bench.ports, executionArn).map((event) => event.kind);
const stateOf = (bench: Bench) => bench.ports.journal.all().at(-1)?.body.state;

async function upload(bench: Bench, body: string): Promise<void> {
  for (const parsed of parseUploadMessage(body)) {
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    await bench.correlation.takeUpload(parsed.value);
  }
}

async function status(bench: Bench, detail: Record<string, unknown>): Promise<void> {
  const parsed = parseStatusMessage(
    JSON.stringify({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail: { executionArn: arn, startDate: t0 + 1, ...detail },
    }),
  );
  if (!parsed.ok || parsed.value === 'ignored') throw new Error('not a status');
  await bench.correlation.takeStatus(parsed.value);
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/events/${name}`, import.meta.url), 'utf8');
}

function cloudTrailFor(identityId: string, key: string): string {
  const parsed = parseJson(z.looseObject({}), fixture('s3-cloudtrail-put-object.json'));
  if (!parsed.ok) throw new Error('fixture');
  const text = JSON.stringify({
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.s3',
    detail: parsed.value,
  });
  return text
    .replaceAll(
      `"cognito-identity.amazonaws.com:sub":"${IDENTITY}"`,
      `"cognito-identity.amazonaws.com:sub":"${identityId}"`,
    )
    .replaceAll(`"key":"users/${IDENTITY}/uploads/scan 01.png"`, `"key":"${key}"`);
}

const key = `users/${IDENTITY}/uploads/scan 01.png`;

describe('an upload', () => {
  it('begins its stream at offset 1, before any execution is known', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    const [entry] = bench.ports.journal.all();
    expect(entry?.body.events).toEqual([{ offset: 1, kind: 'uploaded', time: '2026-11-03T10:15:29.000Z' }]);
    expect(entry?.body.state).toMatchObject({ status: 'queued', bucket: BUCKET, key, percent: null });
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
      else await bench.correlation.correlate(batchOf(arn, simpleRun()));
    }
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
    expect(bench.ports.journal.all()[0]?.body.events[0]?.kind).toBe('uploaded');
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(stateOf(bench)).toMatchObject({ status: 'succeeded', percent: 100 });
  });

  it('is the same upload as EventBridge and as S3 tell it', async () => {
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
    'under a key with %s is dead-lettered with an explanation, and nothing is started or told',
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

describe('an owner who was known before the input came', () => {
  const theirs = objectCreated({ identityId: OTHER_IDENTITY });

  it('is not believed against the input: the execution is quarantined, and nothing of it is told', async () => {
    const bench = createBench({ managed: true });
    await upload(bench, objectCreated());
    const [name = ''] = [...bench.starter.started.keys()];
    await bench.correlation.correlate(batchOf(arnOf(name), simpleRun({ input: theirs })));
    expect(eventsOf(bench.ports, arnOf(name))).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });
});

describe('a redrive', () => {
  it('after the end has the execution run, and be looked after, again', async () => {
    const bench = createBench();
    const watched = async () => {
      await bench.time.advance(5_000);
      const all = [];
      for await (const page of bench.ports.watchList.pages()) all.push(...page);
      return all.length;
    };
    const run = simpleRun().slice(0, 3);
    await bench.correlation.correlate(
      batchOf(arn, [
        ...run,
        ...records([4, 'TaskFailed', 3, { error: 'E' }], [5, 'ExecutionFailed', 4, { error: 'E' }]),
      ]),
    );
    expect([stateOf(bench)?.status, await watched()]).toEqual(['failed', 0]);
    await bench.correlation.correlate(
      batchOf(arn, records([6, 'ExecutionRedriven', 5, { redriveCount: 1 }])),
    );
    expect([stateOf(bench)?.status, stateOf(bench)?.error, await watched()]).toEqual(['running', null, 1]);
    await status(bench, { status: 'RUNNING', redriveCount: 1, redriveDate: t0 + 6 });
    await bench.correlation.correlate(
      batchOf(
        arn,
        records(
          [7, 'TaskScheduled', 6],
          [8, 'TaskSucceeded', 7],
          [9, 'TaskStateExited', 8, { name: 'Extract' }],
          [10, 'ExecutionSucceeded', 9],
        ),
      ),
    );
    expect([stateOf(bench)?.status, await watched()]).toEqual(['succeeded', 0]);
    expect(kindsOf(bench)).toEqual([
      'executionStarted',
      'stepStarted',
      'stepFailed',
      'executionFailed',
      'executionRedriven',
      'stepRetried',
      'stepSucceeded',
      'executionSucceeded',
    ]);
    expect(stateOf(bench)?.executions).toEqual([
      expect.objectContaining({ redriveCount: 1, status: 'succeeded' }),
    ]);
  });
});

describe('the owner of an execution', () => {
  it('is asked for when records carry no input, once', async () => {
    const bench = createBench();
    bench.ports.directory.descriptions.set(arn, {
      input: objectCreated(),
      fact: { status: 'running', redriveCount: 0, startMs: t0, stopMs: null, redriveMs: null },
    });
    const run = simpleRun({ inputMissing: 'excluded' });
    for (const record of run) await bench.correlation.correlate(batchOf(arn, [record]));
    expect(bench.ports.journal.all()).toEqual([]);
    await bench.time.advance(0);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('describe '))).toHaveLength(1);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('is proven by a status event when nothing else carries the input', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun({ inputMissing: 'truncated' })));
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('that nothing proves in time has the records dead-lettered with the reason, and later ones too', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun({ input: '{"orderId":42}' })));
    await bench.time.advance(14 * 60_000);
    await bench.correlation.sweep();
    expect(bench.ports.deadLetters.letters).toEqual([]);
    await bench.time.advance(2 * 60_000);
    await bench.correlation.sweep();
    expect(bench.ports.deadLetters.letters).toEqual([
      expect.objectContaining({
        code: 'CORRELATOR_UNOWNED',
        executionArn: arn,
        reason: 'the input names neither an uploaded object nor a parent execution',
      }),
    ]);
    await bench.correlation.correlate(batchOf(arn, simpleRun()));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(await balance(bench.metrics)).toEqual({ in: 12, accounted: 12 });
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'dead_lettered' })).toBe(12);
  });

  it('that Step Functions does not know waits for other proofs', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun({ inputMissing: 'excluded' })));
    await bench.time.advance(5_000);
    expect(bench.ports.journal.all()).toEqual([]);
    await status(bench, { status: 'SUCCEEDED', stopDate: t0 + 6, input: objectCreated() });
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('is nobody when two proofs disagree: nothing is told, the records are kept, all of it counted', async () => {
    const bench = createBench();
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key));
    await bench.correlation.correlate(batchOf(arn, simpleRun()));
    await upload(bench, objectCreated());
    expect(bench.ports.journal.all()).toEqual([]);
    expect(bench.ports.outbox.sent).toEqual([]);
    expect((await bench.ports.executions.load(arn)).assignment).toMatchObject({ kind: 'quarantined' });
    expect((await bench.ports.executions.load(arn)).parked.flatMap((item) => item.records)).toHaveLength(6);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });

    // Whatever else is heard of it, and however often it is read again: each record was counted, and is counted once.
    await bench.time.advance(120_000);
    await status(bench, { status: 'SUCCEEDED', stopDate: t0 + 6 });
    await bench.correlation.sweep();
    await bench.time.advance(120_000);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('is questioned when CloudTrail contradicts the key later: nothing more is told', async () => {
    const bench = createBench();
    const run = simpleRun();
    await bench.correlation.correlate(batchOf(arn, run.slice(0, 3)));
    const told = bench.ports.journal.all().length;
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key));
    await bench.correlation.correlate(batchOf(arn, run.slice(3)));
    expect(bench.ports.journal.all()).toHaveLength(told);
  });

  it('is the one whom CloudTrail saw, where the key says nothing', async () => {
    const bench = createBench();
    const elsewhere = 'inbox/scan 01.png';
    await upload(bench, cloudTrailFor(IDENTITY, elsewhere));
    await bench.correlation.correlate(
      batchOf(arn, simpleRun({ input: objectCreated().replace(key, elsewhere) })),
    );
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(stateOf(bench)?.identityId).toBe(IDENTITY);
  });
});

describe('an execution whose input names no version', () => {
  const flat = JSON.stringify({ bucket: BUCKET, key });

  it('joins the newest version of its upload', async () => {
    const bench = createBench();
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(arn, simpleRun({ input: flat })));
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('waits a moment for the upload event', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun({ input: flat })));
    expect(bench.ports.journal.all()).toEqual([]);
    await bench.time.advance(2_000);
    await upload(bench, objectCreated());
    await bench.time.advance(0);
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('is a version of its own when none comes', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun({ input: flat })));
    await bench.time.advance(5_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(offsetsOf(bench.ports)).toEqual([[1, 2, 3, 4, 5]]);
  });
});

describe('a nested execution', () => {
  const child = arnOf('child-1');
  const parentRun = records(
    [1, 'ExecutionStarted', 0, { input: objectCreated() }],
    [2, 'TaskStateEntered', 0, { name: 'Nested' }],
    [3, 'TaskScheduled', 2],
    [4, 'TaskSubmitted', 3, { childExecutionArn: child }],
    [5, 'TaskSucceeded', 4, { childExecutionArn: child }],
    [6, 'TaskStateExited', 5, { name: 'Nested' }],
    [7, 'ExecutionSucceeded', 6],
  );
  const byInput = { input: JSON.stringify({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: arn }) };

  it.each([
    ['by its input, after its parent', byInput, ['parent', 'child']],
    ['by its input, before its parent', byInput, ['child', 'parent']],
    ['by what its parent got back', { input: '{}' }, ['child', 'parent']],
    ['by what its parent got back, later', { inputMissing: 'excluded' as const }, ['parent', 'child']],
  ])("inherits the owner %s, and is part of the parent's stream", async (_name, details, order) => {
    const bench = createBench();
    for (const who of order) {
      if (who === 'child') await bench.correlation.correlate(batchOf(child, simpleRun(details)));
      else await bench.correlation.correlate(batchOf(arn, parentRun));
      await bench.time.advance(0);
    }
    expect(kindsOf(bench, child)).toEqual(SIMPLE_KINDS);
    expect(offsetsOf(bench.ports)).toHaveLength(1);
    expect(stateOf(bench)?.status).toBe('succeeded');
  });

  it('does not fail the upload by failing', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(0, 4)));
    const failed = [...simpleRun(byInput).slice(0, 3), ...records([4, 'ExecutionFailed', 3, { error: 'E' }])];
    await bench.correlation.correlate(batchOf(child, failed));
    expect(stateOf(bench)).toMatchObject({ status: 'running', error: null });
    expect(stateOf(bench)?.executions.map((one) => one.status)).toEqual(['running', 'failed']);
  });

  it('is adopted also when the process died between telling of it and adopting it', async () => {
    const bench = createBench();
    const { failures } = bench.ports;
    // The calls of a batch whose records are told: the last ones hand over, and then adopt.
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(0, 2)));
    let next = bench;
    for (let at = 1; at < 8; at += 1) {
      failures.failAt(at, 'before');
      await next.correlation.correlate(batchOf(arn, parentRun.slice(2))).catch(() => {
        next = createBench({ ports: bench.ports });
      });
    }
    failures.clear();
    await next.correlation.correlate(batchOf(arn, parentRun.slice(2)));
    await next.correlation.correlate(batchOf(child, simpleRun({ input: '{}' })));
    await next.time.advance(0);
    expect(kindsOf(next, child)).toEqual(SIMPLE_KINDS);
  });

  it('beyond those that a stream follows is not told of or looked after, and its records are counted', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(0, 2)));
    const children = Array.from({ length: MAX_FOLLOWED + 1 }, (_unused, index) => arnOf(`child-${index}`));
    for (const one of children)
      await bench.correlation.correlate(batchOf(one, simpleRun(byInput).slice(0, 3)));
    // The execution that started them is one of those that are followed.
    const [beyond, last] = [children.slice(MAX_FOLLOWED - 1), children[MAX_FOLLOWED - 2]];
    expect(beyond).toHaveLength(2);
    expect(beyond.flatMap((one) => kindsOf(bench, one))).toEqual([]);
    expect(kindsOf(bench, last)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(60_000);
    const watched: string[] = [];
    for await (const page of bench.ports.watchList.pages())
      watched.push(...page.map(({ executionArn }) => executionArn));
    expect(watched).toContain(last);
    expect(watched).not.toEqual(expect.arrayContaining([beyond[0]]));
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(6);
    const { in: put, accounted } = await balance(bench.metrics);
    expect(accounted).toBe(put);
  });

  it('that names an object of somebody else is quarantined', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(0, 3)));
    const theirs = {
      bucket: BUCKET,
      key: `users/${OTHER_IDENTITY}/x.png`,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: arn,
    };
    await bench.correlation.correlate(batchOf(child, simpleRun({ input: JSON.stringify(theirs) })));
    expect(eventsOf(bench.ports, child)).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });

  it('that came before the execution that started it is quarantined with it known, and counted once', async () => {
    const bench = createBench();
    const theirs = {
      bucket: BUCKET,
      key: `users/${OTHER_IDENTITY}/x.png`,
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: arn,
    };
    await bench.correlation.correlate(batchOf(child, simpleRun({ input: JSON.stringify(theirs) })));
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(0, 3)));
    await bench.time.advance(10_000);
    await bench.correlation.correlate(batchOf(arn, parentRun.slice(3)));
    await bench.time.advance(120_000);
    expect(eventsOf(bench.ports, child)).toEqual([]);
    expect((await bench.ports.executions.load(child)).assignment).toMatchObject({ kind: 'quarantined' });
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'quarantined' })).toBe(6);
  });
});

describe('gaps', () => {
  it('of an Express execution are declared after the wait, and a record that comes after all is not told', async () => {
    const bench = createBench();
    const express = expressArnOf('up-1');
    const run = simpleRun();
    await bench.correlation.correlate(batchOf(express, [...run.slice(0, 2), ...run.slice(4)]));
    await bench.time.advance(999);
    expect(kindsOf(bench, express)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(1);
    const events = eventsOf(bench.ports, express);
    expect(events.map((event) => event.kind)).toEqual([
      'executionStarted',
      'stepStarted',
      'gapDeclared',
      'stepSucceeded',
      'executionSucceeded',
    ]);
    expect(events[2]?.gap).toEqual({ firstEventId: 3, lastEventId: 4, reason: 'expressHasNoHistory' });
    await bench.correlation.correlate(batchOf(express, run.slice(2, 4)));
    expect(kindsOf(bench, express)).toHaveLength(5);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(2);
    expect(await readCounter(bench.metrics, 'gaps_declared_total')).toBe(1);
    expect(await balance(bench.metrics)).toEqual({ in: 6, accounted: 6 });
  });

  it('are no gaps at level ERROR: what comes is told at once, and the status event ends the execution', async () => {
    const bench = createBench();
    bench.ports.directory.machines.set(MACHINE_ARN, { machine: undefined, logLevel: 'ERROR' });
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(arn, records([7, 'TaskFailed', 6, { error: 'E' }])));
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepFailed']);
    await bench.correlation.correlate(batchOf(arn, records([7, 'TaskFailed', 6, { error: 'E' }])));
    await status(bench, { status: 'SUCCEEDED', stopDate: t0 + 900 });
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepFailed', 'executionSucceeded']);
    expect(bench.ports.directory.asked.filter((asked) => asked.startsWith('history'))).toEqual([]);
    expect(await balance(bench.metrics)).toEqual({ in: 2, accounted: 2 });
  });

  it('are repaired by the sweep after the process that waited has died', async () => {
    const bench = createBench();
    const run = simpleRun();
    bench.ports.directory.histories.set(arn, run);
    await bench.correlation.correlate(batchOf(arn, [...run.slice(0, 2), ...run.slice(4)]));
    const next = createBench({ ports: bench.ports });
    await next.correlation.sweep();
    await next.time.advance(1_000);
    expect(kindsOf(next)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(next.metrics, 'records_repaired_total')).toBe(2);
  });
});

describe('status events', () => {
  it('alone start and end an execution whose logs never come, and its history fills in the steps', async () => {
    const bench = createBench();
    bench.ports.directory.histories.set(arn, simpleRun());
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    expect(kindsOf(bench)).toEqual(['executionStarted']);
    await status(bench, { status: 'SUCCEEDED', stopDate: t0 + 6 });
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });

  it('are believed when there is no history either', async () => {
    const bench = createBench();
    await status(bench, {
      status: 'FAILED',
      stopDate: t0 + 6,
      input: objectCreated(),
      error: 'E',
      cause: 'why\nstack',
    });
    await bench.time.advance(1_000);
    expect(kindsOf(bench)).toEqual(['executionStarted', 'executionFailed']);
    expect(stateOf(bench)).toMatchObject({ status: 'failed', error: { name: 'E', message: 'why' } });
  });

  it('say nothing again that records have said', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(arn, simpleRun()));
    await status(bench, { status: 'RUNNING', input: objectCreated() });
    await status(bench, { status: 'SUCCEEDED', stopDate: t0 + 6 });
    await bench.time.advance(10_000);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });
});

describe('the sweep', () => {
  it('finds the end of an execution that has gone quiet, and counts that nothing else did', async () => {
    const bench = createBench();
    const run = simpleRun();
    bench.ports.directory.histories.set(arn, run);
    await bench.correlation.correlate(batchOf(arn, run.slice(0, 2)));
    await bench.correlation.sweep();
    expect(kindsOf(bench)).toEqual(['executionStarted', 'stepStarted']);
    await bench.time.advance(151_000);
    await bench.correlation.sweep();
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(bench.metrics, 'backstop_total', { what: 'quiet' })).toBe(1);
    await bench.time.advance(5_000);
    const watched = [];
    for await (const page of bench.ports.watchList.pages()) watched.push(...page);
    expect(watched).toEqual([]);
  });
});

describe('children of a distributed Map', () => {
  it('are ignored and counted: their Map Run tells how many there are', async () => {
    const bench = createBench();
    const child = ExecutionArn.parse(arn.replace(':ProgressPipeline:', ':ProgressPipeline/Tiles:'));
    await bench.correlation.correlate(batchOf(child, simpleRun()));
    expect(bench.ports.journal.all()).toEqual([]);
    expect(await readCounter(bench.metrics, 'records_total', { outcome: 'ignored' })).toBe(6);
  });
});

describe('progress', () => {
  const definition = {
    startAt: 'Extract',
    states: new Map([
      ['Extract', { type: 'Task' as const, next: ['Store'], inner: [] }],
      ['Store', { type: 'Task' as const, next: [], inner: [] }],
    ]),
  };

  it('is measured by the definition, and by what earlier runs took', async () => {
    const bench = createBench();
    bench.ports.directory.machines.set(MACHINE_ARN, { machine: definition, logLevel: 'ALL' });
    await bench.ports.machines.saveDurations(
      MACHINE_ARN,
      new Map([
        ['Extract', 3_000],
        ['Store', 9_000],
      ]),
    );
    await bench.correlation.correlate(batchOf(arn, simpleRun().slice(0, 1)));
    expect(stateOf(bench)?.percent).toBeNull();
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(arn, simpleRun().slice(1, 5)));
    expect(stateOf(bench)).toMatchObject({ percent: 25, etaSeconds: 9 });
  });

  it('of a distributed Map comes from its Map Run', async () => {
    const bench = createBench();
    const mapRunArn = 'arn:aws:states:us-east-1:111122223333:mapRun:ProgressPipeline/Tiles:0b6f1e2d';
    bench.ports.directory.mapRuns.set(mapRunArn, { total: 10, started: 6, succeeded: 4, failed: 1 });
    const run = records(
      [1, 'ExecutionStarted', 0, { input: objectCreated() }],
      [2, 'MapStateEntered', 0, { name: 'Tiles' }],
      [3, 'MapStateStarted', 2, { length: 0 }],
      [4, 'MapRunStarted', 3, { mapRunArn }],
    );
    for (const record of run) await bench.correlation.correlate(batchOf(arn, [record]));
    await bench.time.advance(5_000);
    const progressed = eventsOf(bench.ports, arn).filter((event) => event.kind === 'iterationsProgressed');
    expect(progressed.map((event) => event.iterations)).toEqual([
      { total: null, started: 0, succeeded: 0, failed: 0 },
      { total: 10, started: 6, succeeded: 4, failed: 1 },
    ]);
    await bench.correlation.stop();
  });
});
