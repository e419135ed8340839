import { findConfigured } from '@stepcast/wire';
import { describe, expect, it } from 'vitest';
import { isObject, readJson, uploadIdOf } from '@stepcast/contracts';
import fc from 'fast-check';
import {
  ARN,
  arnOf,
  batchOf,
  BUCKET,
  createBench,
  eventsOf,
  IDENTITY,
  objectCreated,
  OTHER_IDENTITY,
  readCounter,
} from '../testing/correlation-bench.ts';
import { records } from '../testing/records.ts';
import { cloudTrailFor, key, kindsOf, SIMPLE_KINDS, simpleRun, upload } from '../testing/situation.ts';

type Bench = ReturnType<typeof createBench>;

const THEIRS = arnOf('theirs');
/** The key of the owner in a place where it says nothing: everybody may write there. */
const SHARED = 'inbox/scan 01.png';
const mine = objectCreated({ versionId: 'v1' });
const run = simpleRun({ input: mine });

/** A workflow of somebody else that passes the name and input of the owner's execution to `StartExecution`. */
const naming = records(
  [1, 'ExecutionStarted', 0, { input: objectCreated({ identityId: OTHER_IDENTITY }) }],
  [2, 'TaskStateEntered', 0, { name: 'Nested' }],
  [3, 'TaskScheduled', 2],
  [4, 'TaskSubmitted', 3, { childExecutionArn: ARN }],
);

const assignmentOf = async (bench: Bench) => (await bench.ports.executions.load(ARN)).assignment;

/** Identities that got anything about the owner's upload or its execution. */
const informed = (bench: Bench) => [
  ...new Set(
    bench.ports.journal
      .all()
      .filter(
        ({ stream }) =>
          stream.uploadId === uploadIdOf(BUCKET, key) || stream.uploadId === uploadIdOf(BUCKET, SHARED),
      )
      .map(({ stream }) => stream.identityId),
  ),
];

describe('a write of somebody else under the key of the owner', () => {
  it('stops nothing of the version that the owner wrote, before or after', async () => {
    const bench = createBench();
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v0'));
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await upload(bench, objectCreated({ versionId: 'v2', sequencer: '0069088CF1A7C3B2D5' }));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v2'));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(bench.ports.deadLetters.letters).toEqual([]);
  });

  it('stops what is emitted of the version that they wrote', async () => {
    const bench = createBench();
    const written = objectCreated({ versionId: 'v2' });
    const theirRun = simpleRun({ input: written });
    await upload(bench, written);
    await bench.correlation.correlate(batchOf(THEIRS, theirRun.slice(0, 3)));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v2'));
    await bench.correlation.correlate(batchOf(THEIRS, theirRun.slice(3)));
    expect((await bench.ports.executions.load(THEIRS)).assignment).toMatchObject({ kind: 'quarantined' });
  });

  it('stops nothing in a bucket without versions, where nobody can say which upload it was', async () => {
    const bench = createBench();
    const plain = simpleRun();
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key));
    await upload(bench, objectCreated());
    await bench.correlation.correlate(batchOf(ARN, plain.slice(0, 3)));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key));
    await bench.correlation.correlate(batchOf(ARN, plain.slice(3)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await readCounter(bench.metrics, 'uploads_total', { outcome: 'quarantined' })).toBe(0);
  });
});

describe('a write of somebody else to a key that both may write', () => {
  const input = mine.replace(key, SHARED);

  it('does not take the upload away, in whatever order the two were seen: the caller was stored per key and not per version', async () => {
    const bench = createBench();
    await upload(bench, cloudTrailFor(IDENTITY, SHARED, 'v1'));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, SHARED, 'v2'));
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input })));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(informed(bench)).toEqual([IDENTITY]);
  });

  it('is distinguished from the upload of the owner by its time where there are no versions', async () => {
    const bench = createBench();
    const later = cloudTrailFor(OTHER_IDENTITY, SHARED).replace('10:15:29Z', '10:15:40Z');
    await upload(bench, cloudTrailFor(IDENTITY, SHARED));
    await upload(bench, later);
    await bench.correlation.correlate(
      batchOf(ARN, simpleRun({ input: objectCreated().replace(key, SHARED) })),
    );
    expect(informed(bench)).toEqual([IDENTITY]);
  });

  it('in the very same second has neither of the two informed', async () => {
    const bench = createBench();
    await upload(bench, cloudTrailFor(IDENTITY, SHARED));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, SHARED));
    await bench.correlation.correlate(
      batchOf(ARN, simpleRun({ input: objectCreated().replace(key, SHARED) })),
    );
    expect(bench.ports.journal.all()).toEqual([]);
    expect(await assignmentOf(bench)).toBeUndefined();
  });
});

describe('a workflow of somebody else that names the execution of the owner to StartExecution', () => {
  it('in the middle of a run takes nothing away and stops nothing', async () => {
    const bench = createBench();
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await bench.correlation.correlate(batchOf(THEIRS, naming));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(informed(bench)).toEqual([IDENTITY]);
  });

  it('before anything of the run has come in takes nothing away either: the input decides', async () => {
    const bench = createBench();
    await bench.correlation.correlate(batchOf(THEIRS, naming));
    await bench.time.advance(0);
    await bench.correlation.correlate(batchOf(ARN, run));
    await bench.time.advance(0);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(await assignmentOf(bench)).toMatchObject({ kind: 'owned', identityId: IDENTITY });
    expect(
      bench.ports.journal
        .all()
        .filter(({ stream }) => stream.identityId === OTHER_IDENTITY)
        .flatMap(({ events }) => events)
        .filter(({ executionArn }) => executionArn === ARN),
    ).toEqual([]);
  });

  it('has an execution that says itself that it was started so, on an object of the owner, emit nothing, and stops it alone', async () => {
    const bench = createBench();
    const input = JSON.stringify({ bucket: BUCKET, key, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: THEIRS });
    const child = arnOf('child-of-theirs');
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await bench.correlation.correlate(batchOf(THEIRS, naming.slice(0, 3)));
    await bench.correlation.correlate(batchOf(child, simpleRun({ input })));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(eventsOf(bench.ports, child)).toEqual([]);
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
  });
});

describe('whatever an outsider does, in any order', () => {
  const acts: Record<string, (bench: Bench) => Promise<unknown>> = {
    writes: (bench) => upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v2')),
    'writes without a version': (bench) => upload(bench, cloudTrailFor(OTHER_IDENTITY, key)),
    'is refused': (bench) =>
      upload(
        bench,
        cloudTrailFor(OTHER_IDENTITY, key, 'v1').replace(
          '"eventName":',
          '"errorCode":"AccessDenied","eventName":',
        ),
      ),
    reads: (bench) =>
      upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v1').replace('"PutObject"', '"GetObject"')),
    'names the execution': (bench) => bench.correlation.correlate(batchOf(THEIRS, naming)),
    'starts an execution on the object': (bench) =>
      bench.correlation.correlate(
        batchOf(
          arnOf('forged'),
          simpleRun({
            input: JSON.stringify({
              bucket: BUCKET,
              key,
              AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: THEIRS,
            }),
          }),
        ),
      ),
    'starts an execution with the call of another': (bench) =>
      bench.correlation.correlate(
        batchOf(arnOf('cloudtrail'), simpleRun({ input: cloudTrailFor(OTHER_IDENTITY, key, 'v2') })),
      ),
  };

  it('the owner gets every event of the own execution, and the outsider none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(acts)), { maxLength: 6 }),
        fc.array(fc.nat({ max: 6 }), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        async (chosen, places, isAnnounced) => {
          const bench = createBench();
          if (isAnnounced) await upload(bench, mine);
          for (let at = 0; at <= run.length; at += 1) {
            for (const [index, act] of chosen.entries()) if (places[index] === at) await acts[act]?.(bench);
            const record = run[at];
            if (record !== undefined) await bench.correlation.correlate(batchOf(ARN, [record]));
          }
          await bench.time.advance(120_000);
          expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
          expect(
            bench.ports.journal
              .all()
              .filter(({ events }) => events.some(({ executionArn }) => executionArn === ARN))
              .every(({ stream }) => stream.identityId === IDENTITY),
          ).toBe(true);
        },
      ),
    );
  });
});

describe('an input that names its object where a configured path finds it', () => {
  const paths = { findConfigured: findConfigured([{ bucket: 'doc.bucket', key: 'doc.key' }]) };
  const own = JSON.stringify({ doc: { bucket: BUCKET, key } });
  const foreign = JSON.stringify({ doc: { bucket: BUCKET, key: `users/${OTHER_IDENTITY}/x.png` } });

  it('proves its owner', async () => {
    const bench = createBench({ settings: paths });
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: own })));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(informed(bench)).toEqual([IDENTITY]);
  });

  it('stops nothing of the owner whose key an outsider names, and takes nothing', async () => {
    const bench = createBench({ settings: paths });
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await bench.correlation.correlate(batchOf(THEIRS, simpleRun({ input: own })));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
    expect(kindsOf(bench)).toEqual(SIMPLE_KINDS);
    expect(informed(bench)).toEqual([IDENTITY]);
    expect(bench.ports.deadLetters.letters).toEqual([]);
  });

  it('is not given to an outsider who names the execution as a child', async () => {
    const bench = createBench({ settings: paths });
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(THEIRS, naming));
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: own })));
    expect(await assignmentOf(bench)).toMatchObject({ kind: 'owned', identityId: IDENTITY });
    expect(informed(bench)).toEqual([IDENTITY]);
  });

  it('does not quarantine a child of the owner that works on something of somebody else', async () => {
    const bench = createBench({ settings: paths });
    await upload(bench, mine);
    const parent = arnOf('parent');
    await bench.correlation.correlate(batchOf(parent, run));
    const child = JSON.stringify({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parent, ...parsed(foreign) });
    await bench.correlation.correlate(batchOf(ARN, simpleRun({ input: child })));
    expect(await assignmentOf(bench)).toMatchObject({ kind: 'owned', identityId: IDENTITY, nested: true });
  });
});

function parsed(text: string): object {
  const json = readJson(text);
  return json.ok && isObject(json.value) ? json.value : {};
}
