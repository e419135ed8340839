import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson, ProgressEvent } from '@stepcast/contracts';
import { DeadLetter, decodeHandover, type ExecutionRecord, type Handover } from '@stepcast/wire';
import { createMetrics, silentLogger, systemClock, systemTimers, type Metrics } from '@stepcast/kit';
import * as z from 'zod';
import { createJournalTable } from './adapters/create-journal-table.ts';
import { createCorrelator, createProgressQueueOutbox, type Correlator } from './compose.ts';
import { readCorrelatorConfig } from './config.ts';
import {
  arnOf,
  batchOf,
  BUCKET,
  MACHINE_ARN,
  objectCreated,
  readCounter,
} from './testing/correlation-bench.ts';
import { startLocalCloud, type LocalCloud } from './testing/local-cloud.ts';
import { randomHistory } from './testing/random-history.ts';

const TABLE = 'stepcast-journal-compose';

function read<S extends z.core.$ZodType>(schema: S, text: string): z.core.output<S> {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function handoverIn(body = ''): Handover {
  const parsed = decodeHandover(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function eventsOf({ events = '[]' }: Handover): ProgressEvent[] {
  return read(z.array(ProgressEvent), events);
}

describe('the whole correlator', () => {
  let cloud: LocalCloud;
  let metrics: Metrics;
  let correlator: Correlator;

  beforeEach(async () => {
    cloud = await startLocalCloud();
    await createJournalTable(cloud.dynamo.client, TABLE);
  });

  afterEach(async () => {
    await correlator.stop({ force: false });
    await cloud.stop();
  });

  function start(more: Record<string, string> = {}): void {
    metrics = createMetrics('test_');
    correlator = createCorrelator({
      config: readCorrelatorConfig({
        STEPCAST_BUCKET: BUCKET,
        STEPCAST_UPLOADS_QUEUE_URL: cloud.queues.uploads,
        STEPCAST_STATUS_QUEUE_URL: cloud.queues.status,
        STEPCAST_EVENTS_QUEUE_URL: cloud.queues.events,
        STEPCAST_PROGRESS_QUEUE_URL: cloud.queues.progress,
        STEPCAST_DEAD_LETTER_QUEUE_URL: cloud.queues.deadLetters,
        STEPCAST_JOURNAL_TABLE: TABLE,
        STEPCAST_GAP_WAIT_MS: '200',
        ...more,
      }),
      outbox: createProgressQueueOutbox(cloud.sqs, cloud.queues.progress),
      clients: { sqs: cloud.sqs, dynamodb: cloud.dynamo.client, sfn: cloud.sfn },
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      logger: silentLogger,
      metrics,
      // A long poll that was called off may still be given a message, which then is hidden from all for a while.
      queue: { waitTimeSeconds: 1, visibilityTimeoutSeconds: 3 },
    });
    correlator.start();
  }

  /** Takes handovers until the stream is over. */
  async function takeToEnd(): Promise<Handover[]> {
    const all: Handover[] = [];
    for (;;) {
      const [body] = await cloud.take(cloud.queues.progress, 1);
      if (body === undefined) return all;
      all.push(handoverIn(body));
      if (all.at(-1)?.line.status === 'succeeded') return all;
    }
  }

  const run = randomHistory(5, { mayFail: false, input: objectCreated() }).records;

  it('takes an upload and the batches of its execution, in any order, to one contiguous stream on the progress queue', async () => {
    start();
    const arn = arnOf('up-1');
    const batches: ExecutionRecord[][] = [];
    for (let from = 0; from < run.length; from += 4) batches.push(run.slice(from, from + 4));
    for (const records of batches.toReversed())
      await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arn, records)), 'group');
    await cloud.send(cloud.queues.uploads, objectCreated());
    const handovers = await takeToEnd();
    const offsets = handovers.flatMap(eventsOf).map((event) => Number(event.offset));
    expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
    expect(handovers.at(-1)?.line).toMatchObject({ status: 'succeeded', percent: 100 });
    for (const check of Object.values(correlator.checks)) expect(await check()).toEqual({ ok: true });
  });

  it('starts the execution in managed mode, and knows its owner without any input', async () => {
    cloud.sfnAnswers.set('StartExecution', () => ({ output: { executionArn: 'x', startDate: 1 } }));
    start({ STEPCAST_START_MODE: 'managed', STEPCAST_STATE_MACHINE_ARN: MACHINE_ARN });
    await cloud.send(cloud.queues.uploads, objectCreated());
    const [uploaded] = await cloud.take(cloud.queues.progress, 1);
    expect(eventsOf(handoverIn(uploaded)).map((event) => event.kind)).toEqual(['uploaded']);
    await cloud.send(cloud.queues.uploads, '{"Event":"s3:TestEvent"}');
    const started = cloud.sfnCalls.find((call) => call.operation === 'StartExecution')?.input;
    expect(started).toMatchObject({ stateMachineArn: MACHINE_ARN, input: objectCreated() });
    const name = String(Reflect.get(Object(started), 'name'));
    const excluded = run.map((record) => ({ ...record, details: { ...record.details, input: undefined } }));
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arnOf(name), excluded)), 'group');
    expect((await takeToEnd()).at(-1)?.line.status).toBe('succeeded');
  });

  it('is not ready while it may not start executions, which the checks of queues and store do not see: it said yes', async () => {
    cloud.sfnAnswers.set('StartExecution', () => ({ error: 'AccessDeniedException' }));
    start({ STEPCAST_START_MODE: 'managed', STEPCAST_STATE_MACHINE_ARN: MACHINE_ARN });
    await cloud.send(cloud.queues.uploads, objectCreated());
    await expect
      .poll(() => correlator.checks.work?.(), { timeout: 20_000 })
      .toEqual({ ok: false, reason: expect.stringMatching(/^uploads: .*AccessDenied/) });
    cloud.sfnAnswers.set('StartExecution', () => ({ output: { executionArn: 'x', startDate: 1 } }));
    await expect.poll(() => correlator.checks.work?.(), { timeout: 20_000 }).toEqual({ ok: true });
  });

  it('repairs a gap from GetExecutionHistory', async () => {
    const arn = arnOf('up-2');
    cloud.sfnAnswers.set('GetExecutionHistory', () => ({
      output: {
        events: run.map(({ id, type, previousEventId, timestampMs, details }) => ({
          id,
          type,
          previousEventId,
          timestamp: timestampMs / 1000,
          ...(type.endsWith('StateEntered') ? { stateEnteredEventDetails: { name: details.name } } : {}),
          ...(type.endsWith('StateExited') ? { stateExitedEventDetails: { name: details.name } } : {}),
          ...(type === 'MapStateStarted' ? { mapStateStartedEventDetails: { length: details.length } } : {}),
          ...(type.startsWith('MapIteration')
            ? { [`mapIteration${type.slice(12)}EventDetails`]: { name: details.name, index: details.index } }
            : {}),
          ...(type === 'TaskFailed' ? { taskFailedEventDetails: { error: details.error } } : {}),
          ...(type === 'LambdaFunctionFailed'
            ? { lambdaFunctionFailedEventDetails: { error: details.error } }
            : {}),
        })),
      },
    }));
    start();
    const arriving = run.filter((record) => record.id === 1 || record.id % 3 !== 0);
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arn, arriving)), 'group');
    const handovers = await takeToEnd();
    expect(handovers.at(-1)?.line.status).toBe('succeeded');
    expect(handovers.flatMap(eventsOf).map((event) => event.kind)).not.toContain('gapDeclared');
    await correlator.stop({ force: false });
    expect(await readCounter(metrics, 'records_repaired_total')).toBe(run.length - arriving.length);
  });

  it('dead-letters what does not read, says where, and goes on', async () => {
    start();
    await cloud.send(cloud.queues.events, '{"version":1,"executionArn":"nonsense","records":[]}', 'bad');
    await cloud.send(cloud.queues.uploads, JSON.stringify({ Records: [{ eventSource: 'aws:s3', s3: {} }] }));
    await cloud.send(cloud.queues.status, 'not JSON');
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arnOf('up-3'), run)), 'good');
    const letters = (await cloud.take(cloud.queues.deadLetters, 3)).map((body) => read(DeadLetter, body));
    expect(letters.map((letter) => letter.code).toSorted()).toEqual([
      'CORRELATOR_BATCH_INVALID',
      'CORRELATOR_STATUS_INVALID',
      'CORRELATOR_UPLOAD_INVALID',
    ]);
    const reasons = letters.map((letter) => letter.reason).join('\n');
    expect(reasons).toContain('$.executionArn: not an execution ARN');
    expect(reasons).toContain('$.Records.0.s3.bucket');
    expect((await takeToEnd()).at(-1)?.line.status).toBe('succeeded');
  });

  it('goes on after a restart where it was', async () => {
    start();
    const arn = arnOf('up-4');
    const half = Math.floor(run.length / 2);
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arn, run.slice(0, half))), 'group');
    const [first] = await cloud.take(cloud.queues.progress, 1);
    expect(first).toBeDefined();
    await correlator.stop({ force: false });
    expect(await correlator.checks.messages?.()).toMatchObject({ ok: false });
    start();
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(arn, run.slice(half))), 'group');
    const last = (await takeToEnd()).at(-1);
    expect(last?.line.status).toBe('succeeded');
    expect(Number(last?.firstOffset)).toBe(Number(handoverIn(first).lastOffset) + 1);
  });
});
