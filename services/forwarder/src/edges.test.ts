import { describe, expect, it } from 'vitest';
import { ErrorReply } from '@stepcast/contracts';
import { HEALTH_PATH, LIVE_PATH, READY_PATH } from '@stepcast/wire';
import {
  ConfigError,
  createHealthChecks,
  createHttpServer,
  createMetrics,
  QueueSendError,
  silentLogger,
} from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import {
  createForwarder,
  createForwarderServer,
  forwarderConfigFromEnvironment,
  registerAwslogsRoute,
} from './index.ts';
import { createLambdaHandler } from './lambda-handler.ts';
import { watchSender } from './sender-health.ts';
import { awslogs, FakeQueue, readJson } from './testing/fakes.ts';

const line = JSON.stringify({
  id: '1',
  type: 'ExecutionStarted',
  details: {},
  previous_event_id: '0',
  event_timestamp: '1793700930123',
  execution_arn: 'arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-1',
});

const TOKEN = 'token-of-this-test';
const withToken = { 'x-stepcast-token': TOKEN, 'content-type': 'application/json' };

async function setUp(bounds = { maxPayloads: 128, maxPayloadBytes: 16 * 1_048_576 }) {
  const sender = new FakeQueue();
  const deadLetters = new FakeQueue();
  const time = new ManualTime();
  const watched = watchSender(sender, time);
  const eventLoop = { longestDelayMs: () => 0, close: () => undefined };
  const health = createHealthChecks({ clock: time, timers: time, eventLoop });
  health.addCheck('eventsQueue', watched.check);
  const metrics = createMetrics('test_');
  const forwarder = createForwarder({
    sender: watched,
    deadLetters,
    logger: silentLogger,
    metrics,
    clock: time,
    ids: () => 'n',
  });
  const server = await createForwarderServer({
    forwarder,
    logger: silentLogger,
    metrics,
    health,
    token: TOKEN,
    bounds,
  });
  const handle = createLambdaHandler({ forwarder, logger: silentLogger });
  return { sender, deadLetters, server, handle, time, metrics, health };
}

describe('POST /awslogs', () => {
  const post = async (headers: Record<string, string>) => {
    const { server, sender } = await setUp();
    const answer = await server.inject({
      method: 'POST',
      url: '/awslogs',
      headers,
      payload: JSON.stringify(awslogs([line])),
    });
    return { answer, sent: sender.messages.length };
  };

  it('answers what became of the payload', async () => {
    const { answer } = await post(withToken);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ forwarded: 1 });
  });

  it.each([
    ['no token', {}],
    ['another token', { 'x-stepcast-token': `${TOKEN}x` }],
  ])(
    'takes nothing with %s: anybody who can post could forge the stream of anybody',
    async (_name, headers) => {
      const { answer, sent } = await post({ ...headers, 'content-type': 'application/json' });
      expect(answer.statusCode).toBe(403);
      expect(readJson(ErrorReply, answer.body).error.code).toBe('FORWARDER_TOKEN_REFUSED');
      expect(sent).toBe(0);
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'])(
    'takes no %s, which a form of any web page can send',
    async (type) => {
      const { answer, sent } = await post({ ...withToken, 'content-type': type });
      expect(answer.statusCode).toBe(415);
      expect(sent).toBe(0);
    },
  );

  it.each([
    ['no body', ''],
    ['no JSON', '{'],
    ['another shape', '{"a":1}'],
    ['no gzip', '{"awslogs":{"data":"aGVsbG8="}}'],
  ])('answers 400 and the reason for %s', async (_name, payload) => {
    const { server } = await setUp();
    const answer = await server.inject({
      method: 'POST',
      url: '/awslogs',
      headers: withToken,
      payload,
    });
    expect(answer.statusCode).toBe(400);
    expect(readJson(ErrorReply, answer.body).error).toMatchObject({
      code: 'FORWARDER_PAYLOAD_INVALID',
      retryable: false,
    });
  });

  it('answers 400 for a body over 6 MiB', async () => {
    const { server } = await setUp();
    const answer = await server.inject({
      method: 'POST',
      url: '/awslogs',
      headers: withToken,
      payload: ' '.repeat(6 * 1024 * 1024 + 1),
    });
    expect(answer.statusCode).toBe(400);
    expect(readJson(ErrorReply, answer.body).error.code).toBe('FORWARDER_REQUEST_INVALID');
  });

  it('answers 503, to be sent again, when the queue is down', async () => {
    const { server, sender } = await setUp();
    sender.failure = new QueueSendError(1, 'down', true);
    const answer = await server.inject({
      method: 'POST',
      url: '/awslogs',
      headers: withToken,
      payload: awslogs([line]),
    });
    expect(answer.statusCode).toBe(503);
    expect(readJson(ErrorReply, answer.body).error.retryable).toBe(true);
  });

  it('answers 503 with a time to try again where there is no room, and gives room back whatever became of a request', async () => {
    const { metrics, health } = await setUp();
    const server = createHttpServer({ checks: health, metrics });
    const asked: number[] = [];
    let room = 1;
    const enter = (bytes: number) => {
      asked.push(bytes);
      if (room === 0) return undefined;
      room -= 1;
      return () => (room += 1);
    };
    let isInHand = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<unknown>();
    await registerAwslogsRoute(server, {
      token: TOKEN,
      enter,
      logger: silentLogger,
      async handle(_payload, leave) {
        isInHand.resolve();
        const report = await answer.promise;
        leave();
        return report;
      },
    });
    const post = (payload: string) =>
      server.inject({ method: 'POST', url: '/awslogs', headers: withToken, payload });
    expect((await post('no JSON')).statusCode).toBe(400);
    expect([asked, room]).toEqual([[7], 1]);
    const first = post('{}');
    await isInHand.promise;
    isInHand = Promise.withResolvers();
    const refused = await post('{}');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(readJson(ErrorReply, refused.body).error).toMatchObject({
      code: 'FORWARDER_NO_ROOM',
      retryable: true,
    });
    answer.resolve({ forwarded: 0 });
    expect((await first).statusCode).toBe(200);
    expect((await post('{}')).statusCode).toBe(200);
    expect(room).toBe(1);
    await server.close();
  });

  const payload = JSON.stringify(awslogs([line]));

  it.each([
    ['payloads', { maxPayloads: 1, maxPayloadBytes: 1_048_576 }],
    ['bytes', { maxPayloads: 10, maxPayloadBytes: payload.length * 1.5 }],
  ])(
    'of a container takes so many %s at a time, answers 503 to the rest, and takes the next ones',
    async (_name, bounds) => {
      const { server, sender } = await setUp(bounds);
      const send = () => server.inject({ method: 'POST', url: '/awslogs', headers: withToken, payload });
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      sender.before = () => {
        asked.resolve();
        return answer.promise;
      };
      const first = send();
      await asked.promise;
      const refused = await send();
      expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '1']);
      expect(readJson(ErrorReply, refused.body).error.code).toBe('FORWARDER_NO_ROOM');
      answer.resolve();
      expect((await first).statusCode).toBe(200);
      expect((await send()).statusCode).toBe(200);
      expect(sender.messages).toHaveLength(2);
      expect((await server.inject('/metrics')).body).toContain(
        'test_payloads_postponed_total{reason="full"} 1',
      );
    },
  );

  it('says that it is healthy, and what it counted', async () => {
    const { server } = await setUp();
    await server.inject({ method: 'POST', url: '/awslogs', headers: withToken, payload: awslogs([line]) });
    for (const path of [LIVE_PATH, READY_PATH, HEALTH_PATH])
      expect((await server.inject(path)).statusCode).toBe(200);
    expect((await server.inject('/metrics')).body).toContain(
      'test_records_total{outcome="forwarded",reason=""} 1',
    );
  });
});

describe('the readiness of the container', () => {
  const statusOf = async ({ server }: Awaited<ReturnType<typeof setUp>>, path: string) =>
    (await server.inject(path)).statusCode;
  const post = ({ server }: Awaited<ReturnType<typeof setUp>>) =>
    server.inject({
      method: 'POST',
      url: '/awslogs',
      headers: withToken,
      payload: JSON.stringify(awslogs([line])),
    });

  it('follows the last send: failed for want of the queue it is not ready, then ready again; it lives all the time', async () => {
    const w = await setUp();
    w.sender.failure = new QueueSendError(1, 'ServiceUnavailable', true);
    await post(w);
    expect((await w.server.inject(READY_PATH)).json()).toEqual({
      ok: false,
      checks: { eventsQueue: { ok: false, reason: expect.stringContaining('ServiceUnavailable') } },
    });
    expect(await statusOf(w, LIVE_PATH)).toBe(200);
    w.sender.failure = undefined;
    await post(w);
    await w.time.advance(1_000);
    expect(await statusOf(w, READY_PATH)).toBe(200);
  });

  it('does not stay away for ever when nobody sends anything to what is not ready', async () => {
    const w = await setUp();
    w.sender.failure = new QueueSendError(1, 'ServiceUnavailable', true);
    await post(w);
    await w.time.advance(29_000);
    expect(await statusOf(w, READY_PATH)).toBe(503);
    await w.time.advance(1_000);
    expect(await statusOf(w, READY_PATH)).toBe(200);
  });

  it('does not depend on a message that the queue will not have', async () => {
    const w = await setUp();
    w.sender.failure = new QueueSendError(1, 'InvalidMessageContents', false);
    await post(w);
    expect(await statusOf(w, READY_PATH)).toBe(200);
  });
});

describe('the Lambda handler', () => {
  const kinesis = (data: string, sequenceNumber: string) => ({
    eventSource: 'aws:kinesis',
    kinesis: { data, sequenceNumber, partitionKey: 'p' },
  });

  it('takes a subscription payload as a whole, and fails as a whole', async () => {
    const { handle, sender } = await setUp();
    expect(await handle(awslogs([line]))).toMatchObject({ forwarded: 1 });
    sender.failure = new QueueSendError(1, 'down', true);
    await expect(handle(awslogs([line]))).rejects.toBe(sender.failure);
  });

  it('reports which records of a Kinesis batch failed', async () => {
    const { handle, sender } = await setUp();
    const { data } = awslogs([line]).awslogs;
    expect(await handle({ Records: [kinesis(data, '1'), kinesis(data, '2')] })).toEqual({
      batchItemFailures: [],
    });
    sender.failure = new QueueSendError(1, 'down', true);
    expect(await handle({ Records: [kinesis(data, '3'), kinesis(data, '4')] })).toEqual({
      batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '4' }],
    });
  });

  it('dead-letters a Kinesis record that can never work, and goes on behind it', async () => {
    const { handle, sender, deadLetters } = await setUp();
    const { data } = awslogs([line]).awslogs;
    const bad = Buffer.from('no gzip').toString('base64');
    expect(await handle({ Records: [kinesis(bad, '1'), kinesis(data, '2')] })).toEqual({
      batchItemFailures: [],
    });
    expect(sender.messages).toHaveLength(1);
    expect(deadLetters.messages[0]?.body).toContain('FORWARDER_PAYLOAD_INVALID');
  });

  it('gives a Kinesis record back when the dead-letter queue refuses for good what is wrong in it', async () => {
    const { handle, server, deadLetters } = await setUp();
    deadLetters.failure = new QueueSendError(1, 'InvalidMessageContents', false);
    const wrong = awslogs([JSON.stringify({ execution_arn: 'no ARN' })]);
    const payloads = [wrong.awslogs.data, Buffer.from('no gzip').toString('base64')];
    expect(await handle({ Records: payloads.map((data, index) => kinesis(data, String(index))) })).toEqual({
      batchItemFailures: [{ itemIdentifier: '0' }, { itemIdentifier: '1' }],
    });
    const answer = await server.inject({
      method: 'POST',
      url: '/awslogs',
      headers: withToken,
      payload: JSON.stringify(wrong),
    });
    expect(answer.statusCode).toBe(503);
  });
});

describe('the configuration', () => {
  const environment = {
    STEPCAST_EVENTS_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/stepcast-events.fifo',
    STEPCAST_DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/111122223333/stepcast-dead-letters',
  };

  it('needs the two queues and nothing else', () => {
    expect(forwarderConfigFromEnvironment(environment)).toMatchObject({ projections: [], port: 8080 });
    expect(() => forwarderConfigFromEnvironment({})).toThrow(ConfigError);
  });

  it('reads projections, and says what is wrong with them', () => {
    const projection = { name: 'pages', on: 'output', expression: 'pages' };
    const text = JSON.stringify([projection]);
    expect(
      forwarderConfigFromEnvironment({ ...environment, STEPCAST_PROJECTIONS: text }).projections,
    ).toEqual([projection]);
    for (const wrong of ['{', '[{"name":"a"}]', '[{"name":"a b","on":"input","expression":"x"}]'])
      expect(() => forwarderConfigFromEnvironment({ ...environment, STEPCAST_PROJECTIONS: wrong })).toThrow(
        /STEPCAST_PROJECTIONS: \$/,
      );
  });
});
