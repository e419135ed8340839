import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import {
  DeadLetter,
  HISTORY_EVENT_TYPES,
  ProjectionError,
  RecordBatch,
  type Projection,
} from '@stepcast/wire';
import { createMetrics, QueueSendError, silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import fc from 'fast-check';
import * as z from 'zod';
import { createForwarder, ForwarderPayloadError } from './index.ts';
import { awslogs, envelope, FakeQueue, fixture, readJson } from './testing/fakes.ts';

vi.setConfig({ testTimeout: 600_000 });

const Records = z.array(z.looseObject({ type: z.string() }));

function setUp(
  options: { projections?: Projection[]; maxBodyBytes?: number; maxUnzippedBytes?: number } = {},
) {
  const sender = new FakeQueue();
  const deadLetters = new FakeQueue();
  const metrics = createMetrics('test_');
  let nonce = 0;
  const forwarder = createForwarder({
    sender,
    deadLetters,
    logger: silentLogger,
    metrics,
    clock: new ManualTime(),
    ids: () => `nonce-${(nonce += 1)}`,
    ...options,
  });
  const batches = () => sender.messages.map((message) => readJson(RecordBatch, message.body));
  const letters = () => deadLetters.messages.map((message) => readJson(DeadLetter, message.body));
  return { forwarder, sender, deadLetters, metrics, batches, letters };
}

const all = fixture('log-records-standard-all.json', Records);
const lines = all.map((record) => JSON.stringify(record));

function record(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: '7',
    type: 'TaskStarted',
    details: { resourceType: 'lambda', resource: 'invoke' },
    previous_event_id: '6',
    event_timestamp: '1793700930123',
    execution_arn: 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-5f1c0a9e7b3d',
    redrive_count: '0',
    ...changes,
  });
}

describe('the forwarder', () => {
  it('takes records of all 62 types, in order of id, in one message per execution', async () => {
    const { forwarder, sender, batches } = setUp();
    const report = await forwarder.handle(awslogs(lines.toReversed()));
    expect(report).toEqual({ forwarded: 62, deadLettered: 0, ignored: {}, messages: 1 });
    expect(batches()[0]?.records.map((one) => one.type)).toEqual(HISTORY_EVENT_TYPES);
    expect(batches()[0]?.records.map((one) => one.id)).toEqual(
      HISTORY_EVENT_TYPES.map((_type, index) => index + 1),
    );
    expect(sender.messages[0]?.groupId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('lets nothing of inputs, outputs, parameters, variables and stack traces leave but the two that prove an owner', async () => {
    const { forwarder, sender, batches } = setUp();
    await forwarder.handle(awslogs(lines));
    const sent = sender.messages.map((message) => message.body).join('\n');
    for (const canary of ['canary-output', 'canary-parameters', 'canary-variable', 'canary-stack'])
      expect(sent).not.toContain(canary);
    const withInput = batches()[0]?.records.filter((one) => one.details.input !== undefined);
    expect(withInput?.map((one) => one.type)).toEqual(['ExecutionStarted']);
    const children = batches()[0]?.records.filter((one) => one.details.childExecutionArn !== undefined);
    expect(children?.map((one) => one.type).toSorted()).toEqual(['TaskSubmitted', 'TaskSucceeded']);
  });

  it('takes records without execution data, and says of the input that it was excluded', async () => {
    const { forwarder, batches } = setUp();
    const records = fixture('log-records-without-execution-data.json', Records).map((one) =>
      JSON.stringify(one),
    );
    expect(await forwarder.handle(awslogs(records))).toMatchObject({ forwarded: 62 });
    const started = batches()[0]?.records.find((one) => one.type === 'ExecutionStarted');
    expect(started?.details).toEqual({ inputMissing: 'excluded' });
  });

  it('takes records of Express executions and of level ERROR', async () => {
    const { forwarder } = setUp();
    for (const name of ['log-records-express.json', 'log-records-level-error.json']) {
      const records = fixture(name, Records).map((one) => JSON.stringify(one));
      expect(await forwarder.handle(awslogs(records))).toMatchObject({
        forwarded: records.length,
        deadLettered: 0,
      });
    }
  });

  it.each([
    ['withoutRedriveCount', { redriveCount: 0 }],
    ['inputTruncatedByFlag', { details: { inputMissing: 'truncated' } }],
    ['inputTruncatedText', { details: { inputMissing: 'truncated' } }],
    ['inputMasked', { details: { inputMissing: 'truncated' } }],
    ['unknownType', { type: 'SomethingNewStarted' }],
    ['unknownKeys', { type: 'ExecutionStarted' }],
  ])('takes the unusual record %s', async (name, expected) => {
    const { forwarder, batches } = setUp();
    const unusual = fixture('log-records-unusual.json', z.record(z.string(), z.unknown()));
    await forwarder.handle(awslogs([JSON.stringify(unusual[name])]));
    expect(batches()[0]?.records[0]).toMatchObject(expected);
  });

  it('says of an input of more than 200 KB that it is too large', async () => {
    const { forwarder, batches } = setUp();
    const input = JSON.stringify({ text: 'ü'.repeat(110_000) });
    await forwarder.handle(awslogs([record({ id: '1', type: 'ExecutionStarted', details: { input } })]));
    expect(batches()[0]?.records[0]?.details).toEqual({ inputMissing: 'tooLarge' });
  });

  it('ignores control messages and the text of the validation stream, and counts them', async () => {
    const { forwarder, sender, metrics } = setUp();
    const control = fixture('control-message.json', z.unknown());
    const validation = fixture('validation-stream.json', z.unknown());
    expect(await forwarder.handle(envelope(control))).toMatchObject({ ignored: { controlMessage: 1 } });
    expect(await forwarder.handle(envelope(validation))).toMatchObject({ ignored: { notJson: 1 } });
    expect(await forwarder.handle(awslogs(['{"level":"info"}', '[1]', '"text"', 'null']))).toMatchObject({
      ignored: { notStepFunctions: 4 },
    });
    expect(sender.messages).toEqual([]);
    expect(await metrics.text()).toContain(
      'test_records_total{outcome="ignored",reason="notStepFunctions"} 4',
    );
  });

  it('delivers 24 of 25 records when one is broken, and dead-letters that one with its index and path', async () => {
    const { forwarder, batches, letters } = setUp();
    const messages = Array.from({ length: 25 }, (_unused, index) =>
      record({ id: index === 12 ? 'twelve' : String(index + 1) }),
    );
    expect(await forwarder.handle(awslogs(messages))).toMatchObject({ forwarded: 24, deadLettered: 1 });
    expect(batches()[0]?.records).toHaveLength(24);
    expect(letters()).toEqual([
      expect.objectContaining({ code: 'FORWARDER_RECORD_INVALID', original: messages[12] }),
    ]);
    expect(letters()[0]?.reason).toMatch(/^log event 12: \$\.id: /);
  });

  it('splits what is too large for one message, in order, and drops nothing', async () => {
    const { forwarder, sender, batches } = setUp({ maxBodyBytes: 10_000 });
    const messages = Array.from({ length: 200 }, (_unused, index) =>
      record({
        id: String(index + 1),
        type: 'TaskFailed',
        details: { error: 'E', cause: 'because '.repeat(20) },
      }),
    );
    await forwarder.handle(awslogs(messages));
    expect(sender.messages.length).toBeGreaterThan(3);
    for (const { body } of sender.messages) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(10_000);
    expect(batches().flatMap((batch) => batch.records.map((one) => one.id))).toEqual(
      messages.map((_message, index) => index + 1),
    );
    expect(new Set(sender.messages.map((message) => message.deduplicationId)).size).toBe(
      sender.messages.length,
    );
  });

  it('sends a record that came twice twice: who counts repetitions is further on', async () => {
    const { forwarder, sender } = setUp();
    const payload = awslogs([record()]);
    await forwarder.handle(payload);
    await forwarder.handle(payload);
    const [one, other] = sender.messages;
    expect(one?.groupId).toBe(other?.groupId);
    expect(one?.deduplicationId).not.toBe(other?.deduplicationId);
  });

  it('fails as a whole when the queue is down, so that CloudWatch Logs delivers again', async () => {
    const { forwarder, sender } = setUp();
    sender.failure = new QueueSendError(1, 'down', true);
    await expect(forwarder.handle(awslogs([record()]))).rejects.toBe(sender.failure);
  });

  it('refuses a zip bomb before it takes the memory', async () => {
    const { forwarder } = setUp();
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024)).toString('base64');
    const before = process.memoryUsage().rss;
    await expect(forwarder.handle({ awslogs: { data: bomb } })).rejects.toThrow(ForwarderPayloadError);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });

  it('takes a payload whose last bytes do not say how long it becomes: one of several gzip members', async () => {
    const { forwarder } = setUp();
    const message = record({ unknown: 'x'.repeat(100_000) });
    const text = JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [{ message }] });
    const members = [text.slice(0, -1), text.slice(-1)].map((part) => gzipSync(part));
    const data = Buffer.concat(members).toString('base64');
    expect(await forwarder.handle({ awslogs: { data } })).toMatchObject({ forwarded: 1 });
  });

  it.each([
    ['nothing', undefined],
    ['another shape', { Records: [] }],
    ['text that is no base64 of gzip', { awslogs: { data: 'hello' } }],
    ['gzip that is cut off', { awslogs: { data: gzipSync('{}').subarray(0, 12).toString('base64') } }],
    ['gzip of no JSON', { awslogs: { data: gzipSync('nope').toString('base64') } }],
    ['gzip of other JSON', envelope({ logEvents: 'none' })],
    ['bytes that are no gzip', Buffer.from('plain')],
  ])('refuses %s and says what it expected', async (_name, payload) => {
    const failure = await setUp()
      .forwarder.handle(payload)
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ForwarderPayloadError);
    expect(failure).toMatchObject({ retryable: false, code: 'FORWARDER_PAYLOAD_INVALID' });
  });

  it('takes the bytes of a Kinesis record, raw or as base64 text', async () => {
    const { forwarder } = setUp();
    const base64 = awslogs([record()]).awslogs.data;
    expect(await forwarder.handle(Buffer.from(base64, 'base64'))).toMatchObject({ forwarded: 1 });
    expect(await forwarder.handle(Buffer.from(base64, 'latin1'))).toMatchObject({ forwarded: 1 });
  });

  it('keeps its head whatever is done to a payload', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        // Few records, so that what is not a record is hit as well; and now and then all there are.
        fc.oneof(
          { weight: 9, arbitrary: fc.subarray(lines, { minLength: 1, maxLength: 6 }) },
          { weight: 1, arbitrary: fc.constant(lines) },
        ),
        async (mutations, zipped, messages) => {
          const { forwarder, sender, deadLetters } = setUp();
          const logEvents = messages.map((message) => ({ message }));
          const text = Buffer.from(JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents }));
          const bytes = zipped ? gzipSync(text) : text;
          for (const [place, value] of mutations) bytes[place % bytes.length] = value;
          const data = (zipped ? bytes : gzipSync(bytes)).toString('base64');
          try {
            const report = await forwarder.handle({ awslogs: { data } });
            const ignored = Object.values(report.ignored).reduce((sum, count) => sum + count, 0);
            const sent = sender.messages.reduce(
              (sum, one) => sum + readJson(RecordBatch, one.body).records.length,
              0,
            );
            expect(sent).toBe(report.forwarded);
            expect(deadLetters.messages).toHaveLength(report.deadLettered);
            // A payload that is ignored as a whole has no records.
            if (
              report.ignored.unknownMessageType === undefined &&
              report.ignored.controlMessage === undefined
            )
              expect(report.forwarded + report.deadLettered + ignored).toBe(messages.length);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ForwarderPayloadError);
          }
        },
      ),
    );
  });

  it('forwards or dead-letters a record whatever its details are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...HISTORY_EVENT_TYPES), fc.jsonValue(), async (type, details) => {
        const { forwarder } = setUp();
        const report = await forwarder.handle(awslogs([record({ type, details })]));
        expect(report.forwarded + report.deadLettered).toBe(1);
      }),
    );
  });
});

describe('projections', () => {
  const input = JSON.stringify({ title: 'Scan', pages: [{ n: 1 }, { n: 2 }], secret: 'canary-secret' });
  const entered = record({ type: 'TaskStateEntered', details: { name: 'Extract', input } });

  async function projected(projections: Projection[], line = entered) {
    const { forwarder, batches } = setUp({ projections });
    await forwarder.handle(awslogs([line]));
    return batches()[0]?.records[0]?.details.projections;
  }

  it('let through what they name, and nothing beside it', async () => {
    expect(
      await projected([
        { name: 'title', on: 'input', expression: 'title' },
        { name: 'pages', on: 'input', expression: 'pages[*].n', stateNames: ['Extract'] },
        { name: 'absent', on: 'input', expression: 'nothing.here' },
        { name: 'elsewhere', on: 'input', expression: 'title', stateNames: ['Other'] },
        { name: 'otherType', on: 'input', expression: 'title', eventTypes: ['PassStateEntered'] },
        { name: 'output', on: 'output', expression: 'title' },
      ]),
    ).toEqual({ title: 'Scan', pages: [1, 2] });
  });

  it('leave out what is larger than 4 KB, and what an expression stumbles over', async () => {
    const big = record({
      type: 'TaskStateEntered',
      details: { name: 'E', input: JSON.stringify({ a: 'x'.repeat(5_000), b: 1 }) },
    });
    expect(
      await projected(
        [
          { name: 'a', on: 'input', expression: 'a' },
          { name: 'b', on: 'input', expression: 'b' },
        ],
        big,
      ),
    ).toEqual({ b: 1 });
    expect(await projected([{ name: 'sum', on: 'input', expression: 'sum(title)' }])).toBeUndefined();
  });

  it('are refused at start when an expression does not parse, or a name is there twice', () => {
    expect(() => setUp({ projections: [{ name: 'a', on: 'input', expression: 'a[' }] })).toThrow(
      ProjectionError,
    );
    expect(() => setUp({ projections: [{ name: 'a', on: 'input', expression: 'nosuch(a)' }] })).toThrow(
      /"a": nosuch/,
    );
    const twice: Projection = { name: 'a', on: 'input', expression: 'a' };
    expect(() => setUp({ projections: [twice, twice] })).toThrow(/twice/);
    expect(() => setUp({ projections: [{ name: 'a', on: 'input', expression: 'length(a)' }] })).not.toThrow();
  });
});
