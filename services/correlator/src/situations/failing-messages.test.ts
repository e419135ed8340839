import { describe, expect, it } from 'vitest';
import { RateGateFullError, silentLogger, type QueueVerdict } from '@stepcast/kit';
import { DynamoDbError } from '@stepcast/kit/dynamodb';
import { parseRecordBatch, parseReportBatch, type GivenUp } from '@stepcast/wire';
import { parseStatusMessage, parseUploadMessage } from '../adapters/queue-inputs.schema.ts';
import { storeErrorOf } from '../adapters/store-error.ts';
import { StartError } from '../adapters/sfn-directory.adapter.ts';
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
import { kindsOf, SIMPLE_KINDS, simpleRun } from '../testing/situation.ts';
import { createTakeMessages, type TakeMessages } from '../application/take-messages.ts';
import { FeedEventsError } from '../application/feed-back-offices.ts';
import { JournalContentionError } from '../application/stream-writer.ts';
import { watchWork } from '../readiness.ts';

/** A queue in virtual time: what is not done is delivered again when its verdict says. */
function createWorld(options: { readonly maxFailures?: number; readonly managed?: boolean } = {}) {
  const bench = createBench({ managed: options.managed ?? false });
  const { time, ports } = bench;
  const letters: GivenUp[] = [];
  const work = watchWork(time, 30_000);
  const take = createTakeMessages({
    correlation: bench.correlation,
    parsers: {
      recordBatch: parseRecordBatch,
      reports: parseReportBatch,
      upload: parseUploadMessage,
      status: parseStatusMessage,
    },
    // The dead-letter queue is there whatever else is away.
    deadLetters: {
      send: (all) => {
        letters.push(...all);
        return Promise.resolve();
      },
    },
    logger: silentLogger,
    random: () => 0.5,
    maxFailures: options.maxFailures ?? 20,
    onOutcome: work.note,
  });
  const verdicts: { readonly id: string; readonly verdict: QueueVerdict; readonly atMs: number }[] = [];
  const startMs = time.nowMs();
  function deliver(queue: keyof TakeMessages, id: string, body: string, receiveCount = 1): void {
    void take[queue]([
      {
        id,
        body,
        receiveCount,
        groupId: undefined,
        settle(verdict) {
          verdicts.push({ id, verdict, atMs: time.nowMs() - startMs });
          if (verdict !== 'done')
            time.after(verdict.retryAfterMs, () => {
              deliver(queue, id, body, receiveCount + 1);
            });
        },
      },
    ]);
  }
  return { ...bench, take, deliver, verdicts, letters, work, failures: ports.failures };
}

const away = storeErrorOf(new DynamoDbError('PutItem', 'ECONNREFUSED', true));

describe('a message that fails', () => {
  it('is redelivered for as long as the infrastructure is at fault: with DynamoDB away for 8 minutes no upload is dead-lettered and its workflow is started afterwards', async () => {
    const { time, failures, deliver, verdicts, letters, starter, ports } = createWorld({
      managed: true,
      maxFailures: 3,
    });
    failures.failAll(away);
    deliver('uploads', 'upload', objectCreated());
    await time.advance(8 * 60_000);
    expect(verdicts.length).toBeGreaterThan(10);
    expect([letters, starter.started.size]).toEqual([[], 0]);
    failures.clear();
    await time.advance(60_000);
    expect([letters, starter.started.size]).toEqual([[], 1]);
    expect(verdicts.at(-1)?.verdict).toBe('done');
    expect(ports.journal.events().map(({ kind }) => kind)).toEqual(['uploaded']);
  });

  it.each([
    ['AccessDeniedException', 'infrastructure'],
    ['ResourceNotFoundException', 'infrastructure'],
    ['ProvisionedThroughputExceededException', 'infrastructure'],
    ['ValidationException', 'poison'],
  ])('with %s of DynamoDB counts as %s', async (reason, kind) => {
    const { time, failures, deliver, letters } = createWorld({ maxFailures: 2 });
    failures.failAll(storeErrorOf(new DynamoDbError('Query', reason, false)));
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    await time.advance(kind === 'poison' ? 0 : 10 * 60_000);
    expect(letters.map(({ code }) => code)).toEqual(kind === 'poison' ? ['CORRELATOR_STORE_FAILED'] : []);
  });

  it('because writing is denied, while reading is not, makes the correlator not ready until it works again: it said yes', async () => {
    const { time, deliver, work, ports } = createWorld();
    const append = ports.journal.append.bind(ports.journal);
    const denied = storeErrorOf(new DynamoDbError('PutItem', 'AccessDeniedException', false));
    ports.journal.append = () => Promise.reject(denied);
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    deliver('uploads', 'upload', objectCreated());
    for (let minute = 0; minute < 5; minute += 1) {
      await time.advance(60_000);
      expect(work.check()).toMatchObject({
        ok: false,
        reason: expect.stringContaining('AccessDeniedException'),
      });
    }
    ports.journal.append = append;
    await time.advance(60_000);
    expect(work.check()).toEqual({ ok: true });
  });

  it('because too many calls wait for Step Functions already is innocent, and never dead-lettered', async () => {
    const { time, failures, deliver, verdicts, letters } = createWorld({ maxFailures: 2 });
    failures.failAll(new RateGateFullError(5_000));
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    await time.advance(10 * 60_000);
    expect(verdicts.length).toBeGreaterThan(2);
    expect(letters).toEqual([]);
  });

  it('with an error whose code the runbook does not have is given up under one that it has', async () => {
    const { time, failures, deliver, letters } = createWorld();
    failures.failAll(new FeedEventsError());
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    await time.advance(0);
    expect(letters.map(({ code, reason }) => [code, reason])).toEqual([
      ['CORRELATOR_RETRIES_EXHAUSTED', expect.stringMatching(/^CORRELATOR_FEED_EVENTS: /)],
    ]);
  });

  it('after a write conflict is redelivered soon, however often', async () => {
    const { time, failures, deliver, verdicts, letters } = createWorld({ maxFailures: 2 });
    failures.failAll(new JournalContentionError(10));
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    await time.advance(10_000);
    expect(verdicts.length).toBeGreaterThan(10);
    expect(letters).toEqual([]);
  });

  it('by a bug is given up after so many failures, with all its records counted', async () => {
    const { time, failures, deliver, letters, metrics } = createWorld({ maxFailures: 3 });
    failures.failAll(new TypeError('a bug'));
    deliver('events', 'batch', JSON.stringify(batchOf(ARN, simpleRun())));
    await time.advance(10 * 60_000);
    expect(letters).toEqual([
      expect.objectContaining({
        code: 'CORRELATOR_RETRIES_EXHAUSTED',
        executionArn: ARN,
        reason: 'a bug (after 3 deliveries)',
      }),
    ]);
    expect(await readCounter(metrics, 'records_total', { outcome: 'dead_lettered' })).toBe(6);
    expect(await readCounter(metrics, 'records_in_total')).toBe(6);
  });

  it('because its execution can never be started is given up at once, with the reason', async () => {
    const { time, deliver, letters, starter } = createWorld({ managed: true });
    starter.start = () => Promise.reject(new StartError('StartExecution failed: InvalidName'));
    deliver('uploads', 'upload', objectCreated());
    await time.advance(0);
    expect(letters).toEqual([expect.objectContaining({ code: 'CORRELATOR_START_FAILED' })]);
  });
  it.each([
    ['can never be started', new StartError('StartExecution failed: InvalidName'), 1, 0],
    ['cannot be started now', away, 0, 2],
  ])(
    'takes the uploads of others in the same notification when the first one %s: they were given up with it',
    async (_what, failure, lettersAtFirst, restarts) => {
      const { time, deliver, letters, starter } = createWorld({ managed: true });
      const start = starter.start.bind(starter);
      let failing = true;
      starter.start = (name, input) =>
        failing && input.includes('photo-of-bob') ? Promise.reject(failure) : start(name, input);
      const record = (key: string) => ({
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: {
          bucket: { name: BUCKET },
          object: { key, size: 3, eTag: 'e', sequencer: '0069088CF1A7C3B2D4' },
        },
      });
      const keys = [`users/${OTHER_IDENTITY}/photo-of-bob.jpg`, `users/${IDENTITY}/photo-of-alice.jpg`];
      const body = JSON.stringify({ Records: keys.map(record) });
      deliver('uploads', 'two', body);
      await time.advance(0);
      expect([starter.started.size, letters.length]).toEqual([1, lettersAtFirst]);
      failing = false;
      await time.advance(120_000);
      expect(starter.started.size).toBe(Math.max(1, restarts));
    },
  );
});

describe('what one receive brings', () => {
  it('of one execution is processed together, and each message is settled', async () => {
    const { take, ports } = createWorld();
    const settled: string[] = [];
    await take.events(
      simpleRun().map((record) => ({
        id: String(record.id),
        body: JSON.stringify(batchOf(ARN, [record])),
        receiveCount: 1,
        groupId: 'g',
        settle: (verdict) => settled.push(`${record.id} ${JSON.stringify(verdict)}`),
      })),
    );
    expect(settled).toEqual(simpleRun().map(({ id }) => `${id} "done"`));
    expect(ports.journal.all()).toHaveLength(1);
    expect(eventsOf(ports, ARN)).toHaveLength(SIMPLE_KINDS.length);
  });

  it('is settled message by message: one that fails holds no other', async () => {
    const world = createWorld();
    world.deliver('status', 'wrong', 'not JSON');
    world.deliver('events', 'good', JSON.stringify(batchOf(ARN, simpleRun())));
    await world.time.advance(0);
    expect(world.letters.map(({ code }) => code)).toEqual(['CORRELATOR_STATUS_INVALID']);
    expect(kindsOf(world)).toEqual(SIMPLE_KINDS);
    expect(world.verdicts.map(({ verdict }) => verdict)).toEqual(['done', 'done']);
  });
});

describe('batches that come in without a queue', () => {
  const bad = batchOf(arnOf('bad'), simpleRun());
  const good = batchOf(ARN, simpleRun());

  it('are redelivered for as long as the infrastructure is at fault, and nothing is dead-lettered', async () => {
    const { take, failures, letters, ports } = createWorld({ maxFailures: 2 });
    failures.failAll(away);
    for (let times = 0; times < 5; times += 1)
      await expect(take.batches([good])).rejects.toMatchObject({
        code: 'CORRELATOR_BATCHES_POSTPONED',
        retryable: true,
      });
    failures.clear();
    await take.batches([good]);
    expect(letters).toEqual([]);
    expect(eventsOf(ports, ARN).map(({ kind }) => kind)).toEqual(SIMPLE_KINDS);
  });

  it('are dead-lettered after so many failures of their own, also when others came in beside them meanwhile', async () => {
    const { take, failures, letters, ports } = createWorld({ maxFailures: 2 });
    failures.failAll(new Error('a bug'));
    await expect(take.batches([bad])).rejects.toMatchObject({ code: 'CORRELATOR_BATCHES_POSTPONED' });
    failures.clear();
    await take.batches([good]);
    failures.failAll(new Error('a bug'));
    await take.batches([bad]);
    expect(letters).toMatchObject([{ executionArn: bad.executionArn, original: JSON.stringify(bad) }]);
    expect(eventsOf(ports, ARN).map(({ kind }) => kind)).toEqual(SIMPLE_KINDS);
  });
});
