import { describe, expect, it } from 'vitest';
import { Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { ManualTime } from '@stepcast/kit/testing';
import type { Report, ReportTarget } from '@stepcast/wire';
import fc from 'fast-check';
import {
  ARN,
  arnOf,
  balance,
  batchOf,
  BUCKET,
  createBench,
  eventsOf,
  IDENTITY,
  objectCreated,
  offsetsOf,
  OTHER_IDENTITY,
  readCounter,
  type Bench,
} from '../testing/correlation-bench.ts';
import { InjectedFailure } from '../testing/failure-switch.ts';
import { HISTORY_START_MS } from '../testing/records.ts';
import {
  cloudTrailFor,
  key,
  kindsOf,
  SIMPLE_KINDS,
  simpleRun,
  upload,
  watchedBy,
} from '../testing/situation.ts';

const me = IdentityId.parse(IDENTITY);
const other = IdentityId.parse(OTHER_IDENTITY);
const CANARY = 'canary-of-a-report';
const mine = objectCreated({ versionId: 'v1' });
const run = simpleRun({ input: mine });
const byUpload: ReportTarget = { upload: { bucket: BUCKET, key } };
const byExecution: ReportTarget = { executionArn: ARN };
let ids = 0;

/** Whose clock is where the histories are. */
const newBench = () => createBench({ time: new ManualTime(HISTORY_START_MS + 100) });

function report(more: Partial<Report> = {}): Report {
  ids += 1;
  return { id: String(ids).padStart(56, '0'), atMs: HISTORY_START_MS + 10, percent: 40, ...more };
}

const outcomes = async ({ metrics }: Pick<Bench, 'metrics'>, outcome: string) =>
  readCounter(metrics, 'reports_total', { outcome });

/** Takes reports; they may wait. */
function take({ correlation }: Bench, target: ReportTarget, ...reports: readonly Report[]) {
  const taken = { isDone: false, done: Promise.resolve() };
  taken.done = correlation.takeReports({ target, reports }).then(() => {
    taken.isDone = true;
  });
  return taken;
}

/** An upload whose one Task runs. */
async function running(): Promise<Bench> {
  const bench = newBench();
  await upload(bench, mine);
  await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
  return bench;
}

const reported = (bench: Bench) =>
  eventsOf(bench.ports, ARN)
    .filter(({ kind }) => kind === 'stepReported')
    .map((event) => event.report);
const allText = (bench: Bench) => JSON.stringify(bench.ports.journal.all());
const informedOf = (bench: Bench, text: string) => [
  ...new Set(
    bench.ports.journal
      .all()
      .filter(({ events }) => JSON.stringify(events).includes(text))
      .map(({ stream }) => stream.identityId),
  ),
];

describe('what a task reports', () => {
  it.each([byUpload, byExecution, { upload: { bucket: BUCKET, key, versionId: 'v1' } }])(
    'reaches the stream of its upload by %j',
    async (target) => {
      const bench = await running();
      await take(bench, target, report({ text: 'page 4 of 10' })).done;
      expect(reported(bench)).toEqual([{ percent: 40, text: 'page 4 of 10' }]);
      expect(bench.ports.journal.state()?.steps[0]?.report).toMatchObject({ percent: 40 });
      await bench.correlation.correlate(batchOf(ARN, run.slice(3)));
      expect(kindsOf(bench).filter((kind) => kind !== 'stepReported')).toEqual(SIMPLE_KINDS);
      expect(bench.ports.journal.state()?.steps[0]).not.toHaveProperty('report');
      expect(await outcomes(bench, 'applied')).toBe(1);
    },
  );

  it('waits for its step, whose log may be slower, and is written when that runs', async () => {
    const bench = newBench();
    await upload(bench, mine);
    const waiting = [take(bench, byExecution, report()), take(bench, byUpload, report({ text: 'x' }))];
    await bench.time.advance(3_000);
    expect(waiting.map(({ isDone }) => isDone)).toEqual([false, false]);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await bench.time.advance(2_500);
    await Promise.all(waiting.map(({ done }) => done));
    expect(reported(bench)).toHaveLength(2);
  });

  it('is dropped and counted when its step has not come for fifteen seconds, and leaves no trace', async () => {
    const bench = newBench();
    const waiting = [
      take(bench, { executionArn: arnOf('nobody') }, report({ text: CANARY })),
      take(bench, { upload: { bucket: 'other', key: 'x' } }, report({ text: CANARY })),
    ];
    await bench.time.advance(18_000);
    await Promise.all(waiting.map(({ done }) => done));
    expect(await outcomes(bench, 'early')).toBe(2);
    expect(allText(bench)).not.toContain(CANARY);
    expect(await watchedBy(bench)).toEqual([]);
    expect(bench.ports.deadLetters.letters).toEqual([]);
    expect(await bench.ports.executions.load(arnOf('nobody'))).toEqual({
      assignment: undefined,
      parked: [],
      children: [],
    });
    expect(bench.time.pending).toBe(0);
  });

  it('a thousand times a second is an event a second, the newest, and the last is not lost', async () => {
    const bench = await running();
    const last = 3_000;
    for (let done = 1; done <= last; done += 1) {
      void take(bench, byUpload, report({ atMs: HISTORY_START_MS + done, done, total: last }));
      if (done % 100 === 0) await bench.time.advance(100);
    }
    await bench.time.advance(2_000);
    const said = reported(bench);
    expect(said.length).toBeGreaterThan(2);
    expect(said.length).toBeLessThan(7);
    expect(said.at(-1)).toMatchObject({ done: last });
    const [of, superseded] = [await outcomes(bench, 'applied'), await outcomes(bench, 'superseded')];
    expect(of).toBe(said.length);
    expect(of + superseded).toBe(last);
    expect(await readCounter(bench.metrics, 'reports_in_total')).toBe(last);
  });

  it('goes back when the process stops while it waits', async () => {
    const bench = newBench();
    const { done } = take(bench, byUpload, report());
    bench.correlation.giveBack();
    await expect(done).rejects.toMatchObject({ code: 'CORRELATOR_HOLD_GIVEN_BACK' });
    await expect(
      bench.correlation.takeReports({ target: byUpload, reports: [report()] }),
    ).rejects.toMatchObject({
      retryable: true,
    });
    expect(bench.time.pending).toBe(0);
  });

  it('is redelivered when the store is away, and is written then', async () => {
    const bench = await running();
    bench.ports.failures.failAll(new InjectedFailure('away'));
    await expect(take(bench, byExecution, report()).done).rejects.toThrow('away');
    bench.ports.failures.clear();
    await bench.time.advance(5_000);
    await take(bench, byExecution, report()).done;
    expect(reported(bench)).toHaveLength(1);
  });

  it('is never later than now, whatever the clock of its task says', async () => {
    const bench = await running();
    await take(bench, byExecution, report({ atMs: bench.time.nowMs() + 3_600_000 })).done;
    expect(Date.parse(bench.ports.journal.state()?.updatedAt ?? '')).toBeLessThanOrEqual(bench.time.nowMs());
  });

  it('does not make an execution count as heard of: its records wait as long for their version as without', async () => {
    const inputOf = { bucket: BUCKET, key };
    const plain = simpleRun({ input: JSON.stringify({ bucket: inputOf.bucket, key: inputOf.key }) });
    const epochs = async (hasReport: boolean) => {
      const bench = newBench();
      if (hasReport) void take(bench, byExecution, report());
      await bench.time.advance(6_000);
      const records = plain.map((one) => ({ ...one, timestampMs: bench.time.nowMs() }));
      await bench.correlation.correlate(batchOf(ARN, records));
      await bench.time.advance(1_000);
      await upload(bench, mine);
      await bench.time.advance(30_000);
      return bench.ports.journal.all().map(({ stream }) => stream.epoch);
    };
    expect(new Set(await epochs(true))).toEqual(new Set(await epochs(false)));
  });
});

describe('what a task reports, and somebody else', () => {
  const theirs = objectCreated({ identityId: OTHER_IDENTITY, versionId: 'o1' });
  const theirKey = `users/${OTHER_IDENTITY}/uploads/scan 01.png`;
  const THEIRS = arnOf('theirs');

  /** Two people whose uploads run. */
  async function two(): Promise<Bench> {
    const bench = await running();
    await upload(bench, theirs);
    await bench.correlation.correlate(batchOf(THEIRS, simpleRun({ input: theirs }).slice(0, 3)));
    return bench;
  }

  it('reaches the owner of what it names, and nobody else', async () => {
    const bench = await two();
    await take(bench, { upload: { bucket: BUCKET, key: theirKey } }, report({ text: CANARY })).done;
    expect(informedOf(bench, CANARY)).toEqual([OTHER_IDENTITY]);
  });

  it.each<readonly [string, ReportTarget]>([
    ['another bucket with the same key', { upload: { bucket: 'other', key } }],
    ['a version that is not there', { upload: { bucket: BUCKET, key, versionId: 'v9' } }],
    ['an encoded key', { upload: { bucket: BUCKET, key: encodeURIComponent(key) } }],
    ['a longer key', { upload: { bucket: BUCKET, key: `${key}\n${theirKey}` } }],
    ['the owner alone', { upload: { bucket: BUCKET, key: `users/${IDENTITY}/` } }],
    ['an execution that is not known', { executionArn: arnOf('up-') }],
  ])('reaches nobody by %s', async (_what, target) => {
    const bench = await two();
    const { done } = take(bench, target, report({ text: CANARY }));
    await bench.time.advance(20_000);
    await done;
    expect(allText(bench)).not.toContain(CANARY);
    expect(bench.ports.deadLetters.letters).toEqual([]);
  });

  it('reaches neither where two people wrote one key, unless it names the version', async () => {
    const bench = await running();
    const shared = { ...byUpload };
    // A second person has a version of the very same key, as CloudTrail proves it where keys prove nothing.
    await bench.ports.uploads.addCaller(uploadIdOf(BUCKET, key), {
      identityId: other,
      epoch: null,
      atMs: null,
    });
    const [own] = await bench.ports.uploads.epochs(me, uploadIdOf(BUCKET, key));
    if (own === undefined) throw new TypeError('no version');
    await bench.ports.uploads.addEpoch({
      ...own,
      identityId: other,
      epoch: Epoch.parse('other'),
    });
    await take(bench, shared, report({ text: CANARY })).done;
    expect(await outcomes(bench, 'ambiguous')).toBe(1);
    expect(allText(bench)).not.toContain(CANARY);
    await bench.time.advance(5_000);
    await take(bench, { upload: { bucket: BUCKET, key, versionId: 'v1' } }, report({ text: CANARY })).done;
    expect(informedOf(bench, CANARY)).toEqual([IDENTITY]);
  });

  it('is not written of an execution that was quarantined', async () => {
    const bench = newBench();
    await upload(bench, mine);
    await bench.correlation.correlate(batchOf(ARN, run.slice(0, 3)));
    await upload(bench, cloudTrailFor(OTHER_IDENTITY, key, 'v1'));
    await bench.correlation.correlate(batchOf(ARN, run.slice(3, 4)));
    const assignment = (await bench.ports.executions.load(ARN)).assignment;
    expect(assignment?.kind).toBe('quarantined');
    const waiting = [
      take(bench, byUpload, report({ text: CANARY })),
      take(bench, byExecution, report({ text: CANARY })),
    ];
    await bench.time.advance(20_000);
    await Promise.all(waiting.map(({ done }) => done));
    expect(allText(bench)).not.toContain(CANARY);
  });

  it('changes nothing but progress, and goes to nobody but who is named, whatever comes when', async () => {
    const action = fc.oneof(
      fc.record({ what: fc.constant('mine' as const) }),
      fc.record({ what: fc.constant('theirs' as const) }),
      fc.record({
        what: fc.constant('report' as const),
        target: fc.constantFrom<ReportTarget>(
          byUpload,
          byExecution,
          { executionArn: THEIRS },
          { upload: { bucket: BUCKET, key: theirKey, versionId: 'o1' } },
          { upload: { bucket: 'other', key } },
        ),
        atMs: fc.nat(40),
        step: fc.constantFrom(undefined, 'Extract', 'Other'),
        twice: fc.boolean(),
      }),
      fc.record({ what: fc.constant('time' as const), ms: fc.nat(2_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const play = async (hasReports: boolean) => {
          const bench = newBench();
          await upload(bench, mine);
          await upload(bench, theirs);
          const left = { mine: [...run], theirs: [...simpleRun({ input: theirs })] };
          const step = async (what: 'mine' | 'theirs') => {
            const next = left[what].splice(0, 1);
            if (next.length > 0)
              await bench.correlation.correlate(batchOf(what === 'mine' ? ARN : THEIRS, next));
          };
          const taken: Promise<void>[] = [];
          for (const one of actions) {
            if (one.what === 'time') await bench.time.advance(one.ms);
            else if (one.what !== 'report') await step(one.what);
            else if (hasReports) {
              const isTheirs =
                JSON.stringify(one.target).includes(OTHER_IDENTITY) || one.target.executionArn === THEIRS;
              const said = report({
                atMs: HISTORY_START_MS + one.atMs,
                text: isTheirs ? 'canary-theirs' : 'canary-mine',
                ...(one.step === undefined ? {} : { step: one.step }),
              });
              taken.push(take(bench, one.target, said).done);
              if (one.twice) taken.push(take(bench, one.target, said).done);
            }
          }
          while (left.mine.length + left.theirs.length > 0) {
            await step('mine');
            await step('theirs');
          }
          await bench.time.advance(40_000);
          await Promise.all(taken);
          return bench;
        };
        const [loud, silent] = [await play(true), await play(false)];
        const bare = (bench: Bench, arn: typeof ARN) =>
          eventsOf(bench.ports, arn).filter(({ kind }) => kind !== 'stepReported');
        for (const arn of [ARN, THEIRS]) expect(bare(loud, arn)).toEqual(bare(silent, arn));
        for (const offsets of offsetsOf(loud.ports))
          expect(offsets).toEqual(offsets.map((_one, index) => index + 1));
        for (const [text, owner] of [
          ['canary-mine', IDENTITY],
          ['canary-theirs', OTHER_IDENTITY],
        ] as const)
          for (const identity of informedOf(loud, text)) expect(identity).toBe(owner);
        const { in: recordsIn, accounted } = await balance(loud.metrics);
        expect(recordsIn).toBe(accounted);
        expect(await readCounter(loud.metrics, 'reports_in_total')).toBe(
          await readCounter(loud.metrics, 'reports_total'),
        );
        expect(loud.ports.deadLetters.letters).toEqual([]);
      }),
    );
  });
});
