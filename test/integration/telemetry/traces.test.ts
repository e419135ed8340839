import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isObject, parseJson, ProgressMessage } from '@stepcast/contracts';
import { arnOf, batchOf, objectCreated, simpleRun } from '@stepcast/correlator/testing';
import { startLocalCloud, type LocalCloud } from '@stepcast/correlator/testing/local-cloud';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@stepcast/kit/testing/otlp-receiver';
import { startLimitBroker, type LimitBroker } from '@stepcast/publisher/testing';
import type { ExecutionRecord } from '@stepcast/wire';
import { connectAsync, type MqttClient } from 'mqtt';
import { IS_LONG } from '../../support/long-form.ts';
import {
  startApartForm,
  startEngineForm,
  type Form,
  type FormOptions,
  type StartForm,
} from './traced-forms.ts';

/** What must not get out: an input, an output, a cause and the name of a file. */
const CANARY = 'canary7Qx';

interface Arrived {
  readonly topic: string;
  readonly text: string;
  readonly traceparent: string | undefined;
}

let cloud: LocalCloud;
let broker: LimitBroker;
let receiver: OtlpReceiver;
let form: Form | undefined;
const readers: MqttClient[] = [];

beforeEach(async () => {
  form = undefined;
  cloud = await startLocalCloud();
  cloud.sfnAnswers.set('StartExecution', () => ({ output: { executionArn: 'x', startDate: 1 } }));
  broker = await startLimitBroker();
  receiver = await startOtlpReceiver();
});

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.end(true);
  await form?.stop();
  await Promise.all([receiver.close(), broker.close()]);
  await cloud.stop();
});

/** Reads what the broker delivers; resolves `ended` with the end of an execution. */
async function read(protocolVersion: 4 | 5) {
  const arrived: Arrived[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const reader = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion });
  readers.push(reader);
  reader.on('message', (topic, payload, { properties }) => {
    const traceparent = properties?.userProperties?.['traceparent'];
    const text = payload.toString();
    arrived.push({ topic, text, traceparent: typeof traceparent === 'string' ? traceparent : undefined });
    if (topic.endsWith('/events') && text.includes('executionSucceeded')) resolve();
  });
  await reader.subscribeAsync('#', { qos: 1 });
  return { ended, messages: () => arrived.filter(({ topic }) => topic.endsWith('/events')), arrived };
}

/** An upload whose event comes from S3, and the workflow that is started for it, from begin to end. */
async function runUpload(start: StartForm, more: Partial<FormOptions>) {
  const [of5, of3] = [await read(5), await read(4)];
  form = await start({ cloud, mqttUrl: `mqtt://127.0.0.1:${broker.port}`, ...more });
  await cloud.send(cloud.queues.uploads, objectCreated({ file: `${CANARY}.png` }));
  await broker.until((seen) => seen.some(({ payload }) => payload.includes('"uploaded"')));
  await vi.waitUntil(() => cloud.sfnCalls.some(({ operation }) => operation === 'StartExecution'), 60_000);
  const { input } = cloud.sfnCalls.find(({ operation }) => operation === 'StartExecution') ?? {};
  const executionArn = arnOf(isObject(input) ? String(input['name']) : '');
  // The forwarder lets no output through but what a projection names; here one has named all of it.
  const run = simpleRun({ input: objectCreated({ file: `${CANARY}.png` }) }).map((record): ExecutionRecord =>
    record.type === 'TaskSucceeded' ? { ...record, details: { projections: { all: CANARY } } } : record,
  );
  for (const records of [run.slice(0, 3), run.slice(3)])
    await cloud.send(cloud.queues.events, JSON.stringify(batchOf(executionArn, records)), 'group');
  await Promise.all([of5.ended, of3.ended]);
  await broker.until((seen) =>
    seen.some(({ topic, payload }) => topic.includes('/state') && payload.includes('"succeeded"')),
  );
  // What is left of spans goes out, and the numbers.
  await form.stop();
  form = undefined;
  return { of5, of3 };
}

const named = (name: string) => receiver.spans.filter((span) => span.name === name);
const parentOf = ({ parentSpanId }: ReceivedSpan) =>
  receiver.spans.find(({ spanId }) => spanId === parentSpanId);

const ENGINE = {
  name: 'engine',
  start: startEngineForm,
  correlator: 'stepcast-engine',
  publisher: 'stepcast-engine',
};
const APART = {
  name: 'apart',
  start: startApartForm,
  correlator: 'stepcast-correlator',
  publisher: 'stepcast-publisher',
};

describe.each(IS_LONG ? [ENGINE, APART] : [ENGINE])(
  'the trace of an upload: $name',
  ({ start, correlator, publisher }) => {
    it('leads from the S3 event to each MQTT message', async () => {
      const { of5, of3 } = await runUpload(start, { otlpEndpoint: receiver.url });

      const [root, ...otherRoots] = named('upload taken');
      expect(otherRoots).toEqual([]);
      expect(root).toMatchObject({
        service: correlator,
        startTimeUnixNano: BigInt(Date.parse('2026-11-03T10:15:29Z')) * 1_000_000n,
      });
      expect(root?.parentSpanId ?? '').toBe('');
      expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([root?.traceId]));

      for (const name of ['workflow started', 'batch forwarded', 'entry written']) {
        expect(named(name).length).toBeGreaterThan(0);
        for (const span of named(name)) {
          expect(parentOf(span)).toBe(root);
          expect(span.service).toBe(correlator);
        }
      }
      expect(named('batch forwarded')).toHaveLength(2);
      for (const span of named('handed over'))
        expect([parentOf(span)?.name, span.service]).toEqual(['entry written', correlator]);
      for (const span of named('published'))
        expect([parentOf(span)?.name, span.service]).toEqual(['handed over', publisher]);
      expect(named('handed over')).toHaveLength(named('entry written').length);

      // Each message names the span that published it, and that span the offsets of the message.
      const spans = new Map(named('published').map((span) => [span.spanId, span]));
      expect(of5.messages().length).toBe(spans.size);
      for (const { text, traceparent = '' } of of5.messages()) {
        const [version, traceId, spanId = '', flags] = traceparent.split('-');
        expect([version, traceId, flags]).toEqual(['00', root?.traceId, '01']);
        const message = parseJson(ProgressMessage, text);
        if (!message.ok) throw new Error(JSON.stringify(message.issues));
        expect(spans.get(spanId)?.attributes).toMatchObject({
          'stepcast.upload_id': message.value.data.uploadId,
          'stepcast.epoch': message.value.data.epoch,
          'stepcast.first_offset': message.value.data.firstOffset,
          'stepcast.last_offset': message.value.data.lastOffset,
        });
      }
      // States and overviews belong to no one message of events. MQTT 3.1.1 has no properties, and its readers get the same texts.
      expect(
        of5.arrived.filter(
          ({ topic, traceparent }) => !topic.endsWith('/events') && traceparent !== undefined,
        ),
      ).toEqual([]);
      expect(of3.messages().map(({ text }) => text)).toEqual(of5.messages().map(({ text }) => text));

      // The same numbers as on /metrics, and nothing that is somebody's.
      expect(receiver.metrics.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'stepcast_publisher_delivery_lag_seconds',
          'stepcast_correlator_records_total',
        ]),
      );
      expect(cloud.sfnCalls.some(({ input }) => JSON.stringify(input).includes(CANARY))).toBe(true);
      const sent = receiver.bodies.join('\n');
      for (const secret of [CANARY, 'users/', 'us-east-1:', 'AKIDEXAMPLE'])
        expect(sent).not.toContain(secret);
    });

    it('is not there without a collector, and messages carry nothing of it', async () => {
      const { of5 } = await runUpload(start, {});
      expect(of5.messages().length).toBeGreaterThan(0);
      expect(of5.messages().filter(({ traceparent }) => traceparent !== undefined)).toEqual([]);
      expect(receiver.bodies).toEqual([]);
    });

    it('is not there for an upload that is not among the share, but metrics are', async () => {
      const { of5 } = await runUpload(start, { otlpEndpoint: receiver.url, tracesShare: 0 });
      expect(of5.messages().filter(({ traceparent }) => traceparent !== undefined)).toEqual([]);
      expect(receiver.spans).toEqual([]);
      expect(receiver.metrics.length).toBeGreaterThan(0);
    });

    it.each(['never', 'away', 'refused'] as const)(
      'holds no event up when the collector answers %s',
      async (how) => {
        receiver.answer(how);
        const { of5 } = await runUpload(start, { otlpEndpoint: receiver.url });
        expect(of5.messages().length).toBeGreaterThan(0);
        expect(receiver.spans).toEqual([]);
      },
    );
  },
);
