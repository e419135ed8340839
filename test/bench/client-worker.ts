import { IdentityId } from '@stepcast/contracts';
import { createProgressClient, type Transport, type TransportMessage } from '@stepcast/web';
import { FakeService } from '@stepcast/web/testing';
import * as z from 'zod';
import { answer } from './child.ts';
import { BENCH_BUCKET, BENCH_STATES } from './workload.ts';

/** The web client alone: messages as bytes in, events at the application out. No network in between. */
const UPLOADS = 100;
const Question = z.object({ messages: z.number() });
const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');

let deliver: (message: TransportMessage) => void = () => undefined;
const transport: Transport = {
  connect(options) {
    deliver = options.onMessage;
    return Promise.resolve({
      subscribe: (filters) => Promise.resolve(filters.map(() => 1)),
      unsubscribe: () => Promise.resolve(),
      publish(topic, payload) {
        service.answer(topic, payload);
        return Promise.resolve();
      },
      ping: () => Promise.resolve(),
      close: () => undefined,
    });
  },
};
let keep: TransportMessage[] | undefined;
const service = new FakeService(identityId, (topic, message) => {
  const payload = new TextEncoder().encode(JSON.stringify(message));
  if (keep === undefined) deliver({ topic, payload, retained: false });
  else keep.push({ topic, payload, retained: false });
});
const client = createProgressClient({
  region: 'us-east-1',
  endpoint: 'wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt',
  credentials: () =>
    Promise.resolve({
      identityId,
      accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      expiration: new Date(Date.now() + 3_600_000),
    }),
  transport,
  positionCheckMs: 0,
});

let handedOver = 0;
const keys = Array.from({ length: UPLOADS }, (_, index) => `users/${identityId}/${index}.png`);
for (const key of keys) {
  service.append(BENCH_BUCKET, key, ['uploaded', 'executionStarted']);
  client.watch({ bucket: BENCH_BUCKET, key }).on('event', () => {
    handedOver += 1;
  });
}
await client.whenLive();

/** Messages of two events each, half of them progress and half of them states, over all uploads in turn. */
function make(count: number): TransportMessage[] {
  keep = [];
  for (let index = 0; keep.length < count; index += 1)
    service.append(BENCH_BUCKET, keys[index % UPLOADS] ?? '', [
      'stepStarted',
      index % (5 * BENCH_STATES.length) === 0 ? 'stepRetried' : 'stepSucceeded',
    ]);
  const made = keep;
  keep = undefined;
  return made;
}

answer((asked) => {
  const made = make(Question.parse(asked).messages);
  const decoder = new TextDecoder();
  const parseBegan = process.cpuUsage();
  for (const { payload } of made) JSON.parse(decoder.decode(payload));
  const parsed = process.cpuUsage(parseBegan);
  const before = handedOver;
  const mergeBegan = process.cpuUsage();
  for (const message of made) deliver(message);
  const merged = process.cpuUsage(mergeBegan);
  return Promise.resolve({
    messages: made.length,
    events: handedOver - before,
    parseSeconds: (parsed.user + parsed.system) / 1e6,
    mergeSeconds: (merged.user + merged.system) / 1e6,
    wanted: made.filter(({ topic }) => topic.endsWith('/events')).length * 2,
  });
});
