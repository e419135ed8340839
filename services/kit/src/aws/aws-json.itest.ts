import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock, type Timers } from '../clock.ts';
import { AwsCallError } from './aws-call-error.ts';
import { AWS_JSON_PROTOCOLS, createAwsJson, type AwsJson, type AwsJsonOptions } from './aws-json.adapter.ts';
import {
  startJsonServer,
  type JsonAnswer,
  type JsonRequest,
  type JsonServer,
} from './testing/json-server.ts';

const OK: JsonAnswer = { status: 200, body: '{"ok":true}' };
const failing = (status: number, type: string): JsonAnswer => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: 'for a test' }),
});

const MINUTE_MS = 60_000;

/** When a request was signed, by its `x-amz-date`. */
function signedAtMs({ headers }: JsonRequest): number {
  const text = String(headers['x-amz-date']);
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  return Date.UTC(year, month - 1, day, hours, minutes, seconds);
}

describe('the caller of AWS over signed HTTP', () => {
  let server: JsonServer;
  let aws: AwsJson;
  let waits: number[];

  async function start(
    answer: (request: JsonRequest) => JsonAnswer,
    more: Partial<AwsJsonOptions> = {},
  ): Promise<void> {
    waits = [];
    const timers: Timers = {
      after(delayMs, callback) {
        waits.push(delayMs);
        queueMicrotask(callback);
        return () => undefined;
      },
    };
    server = await startJsonServer(answer);
    aws = createAwsJson({
      protocol: AWS_JSON_PROTOCOLS.sqs,
      place: {
        endpoint: () => Promise.resolve(new URL(server.endpoint)),
        region: () => Promise.resolve('us-east-1'),
        credentials: () => Promise.resolve({ accessKeyId: 'id', secretAccessKey: 'key' }),
      },
      clock: systemClock,
      timers,
      random: () => 0.5,
      ...more,
    });
  }

  afterEach(async () => {
    await aws.close();
    await server.close();
  });

  const failureOf = async (call: Promise<string>): Promise<unknown> => {
    try {
      return await call;
    } catch (thrown) {
      return thrown;
    }
  };

  it('speaks the protocol of its service', async () => {
    await start(() => OK);
    expect(await aws.send('ReceiveMessage', '{}')).toBe('{"ok":true}');
    expect(server.seen[0]?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ReceiveMessage',
      authorization: expect.stringContaining('/us-east-1/sqs/aws4_request'),
    });
  });

  it.each([
    ['ahead', 20 * MINUTE_MS, 'InvalidSignatureException'],
    ['ahead', 20 * MINUTE_MS, 'RequestExpired'],
    ['behind', -20 * MINUTE_MS, 'InvalidSignatureException'],
    ['behind', -20 * MINUTE_MS, 'RequestTimeTooSkewed'],
  ])(
    'signs by the clock of a server that is 20 minutes %s, where a correlator once never got ready (%i ms, %s)',
    async (_way, offsetMs, type) => {
      await start((request) => {
        const nowMs = Date.now() + offsetMs;
        const headers = { date: new Date(nowMs).toUTCString() };
        const current = Math.abs(signedAtMs(request) - nowMs) < 5 * MINUTE_MS;
        return { ...(current ? OK : failing(403, type)), headers };
      });
      expect(await aws.send('ReceiveMessage', '{}', { maxRetries: 0 })).toBe('{"ok":true}');
      expect(server.seen).toHaveLength(2);
      expect(waits).toEqual([]);
      // What was learned holds from now on.
      await aws.send('ReceiveMessage', '{}', { maxRetries: 0 });
      expect(server.seen).toHaveLength(3);
    },
  );

  it('learns the time from answers that are good, too, and forgets it when clocks agree again', async () => {
    let offsetMs = 20 * MINUTE_MS;
    await start(() => ({ ...OK, headers: { date: new Date(Date.now() + offsetMs).toUTCString() } }));
    await aws.send('ReceiveMessage', '{}');
    offsetMs = 0;
    await aws.send('ReceiveMessage', '{}');
    await aws.send('ReceiveMessage', '{}');
    const ahead = server.seen.map((request) => signedAtMs(request) - Date.now() > 10 * MINUTE_MS);
    expect(ahead).toEqual([false, true, false]);
  });

  it('does not repeat a refusal that is not about time because the clocks differ', async () => {
    const headers = { date: new Date(Date.now() + 20 * MINUTE_MS).toUTCString() };
    await start(() => ({ ...failing(400, 'InvalidParameterValue'), headers }));
    expect(await failureOf(aws.send('ReceiveMessage', '{}'))).toMatchObject({
      code: 'KIT_AWS_CALL_FAILED',
      reason: 'InvalidParameterValue',
      status: 400,
      retryable: false,
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ['a signature that is wrong for other reasons', {}],
    ['the date of a cache', { date: new Date(0).toUTCString(), age: '10' }],
    ['a date that is none', { date: 'yesterday' }],
  ])('does not sign again after %s', async (_name, headers) => {
    await start(() => ({ ...failing(403, 'InvalidSignatureException'), headers }));
    expect(await failureOf(aws.send('ReceiveMessage', '{}'))).toMatchObject({ failure: 'infrastructure' });
    expect(server.seen).toHaveLength(1);
  });

  it('signs again once only when the server cannot be pleased', async () => {
    await start((request) => ({
      ...failing(403, 'RequestExpired'),
      headers: { date: new Date(signedAtMs(request) + 20 * MINUTE_MS).toUTCString() },
    }));
    expect(await failureOf(aws.send('ReceiveMessage', '{}', { maxRetries: 0 }))).toBeInstanceOf(AwsCallError);
    expect(server.seen).toHaveLength(2);
  });

  it('ignores the date of an answer during which the process was suspended', async () => {
    let nowMs = Date.now();
    const clock: Clock = { nowMs: () => nowMs };
    const { date } = { date: new Date(nowMs).toUTCString() };
    await start(
      () => {
        nowMs += 60 * MINUTE_MS;
        return { ...failing(403, 'InvalidSignatureException'), headers: { date } };
      },
      { clock },
    );
    expect(await failureOf(aws.send('ReceiveMessage', '{}'))).toBeInstanceOf(AwsCallError);
    expect(server.seen).toHaveLength(1);
  });

  it('retries what its service names retryable, with full jitter, as often as the call allows', async () => {
    await start(() => failing(400, 'OverLimit'));
    expect(await failureOf(aws.send('ReceiveMessage', '{}', { maxRetries: 2 }))).toMatchObject({
      retryable: true,
    });
    expect(server.seen).toHaveLength(3);
    expect(waits).toEqual([25, 50]);
  });

  it('gives a long poll its own time limit', async () => {
    const held = Promise.withResolvers<JsonAnswer>();
    await start(() => OK, { timeoutMs: 50 });
    const slow = await startJsonServer(() => held.promise);
    const patient = createAwsJson({
      protocol: AWS_JSON_PROTOCOLS.sqs,
      place: {
        endpoint: () => Promise.resolve(new URL(slow.endpoint)),
        region: () => Promise.resolve('us-east-1'),
        credentials: () => Promise.resolve({ accessKeyId: 'id', secretAccessKey: 'key' }),
      },
      clock: systemClock,
      timers: { after: () => () => undefined },
      random: () => 0.5,
      timeoutMs: 50,
    });
    const answer = patient.send('ReceiveMessage', '{}', { timeoutMs: 20_000, maxRetries: 0 });
    // By then undici has checked its timeouts, which it does once a second.
    setTimeout(() => held.resolve(OK), 2_500);
    expect(await answer).toBe('{"ok":true}');
    await patient.close();
    await slow.close();
  });

  it('ends an answer that goes on for ever', async () => {
    await start(() => ({ ...OK, how: 'trickle' }), { timeoutMs: 100 });
    const failure = await failureOf(aws.send('ReceiveMessage', '{}', { maxRetries: 0 }));
    expect(failure).toMatchObject({ reason: 'ETIMEDOUT', retryable: true, failure: 'infrastructure' });
  });

  it('calls a request off when its signal says so, and does not repeat it', async () => {
    const arrived = Promise.withResolvers<void>();
    await start(() => {
      arrived.resolve();
      return { ...OK, how: 'trickle' };
    });
    const off = new AbortController();
    const failure = failureOf(aws.send('ReceiveMessage', '{}', { signal: off.signal }));
    await arrived.promise;
    off.abort();
    expect(await failure).toMatchObject({ reason: 'ECANCELED', retryable: false });
    expect(server.seen).toHaveLength(1);
    expect(await failureOf(aws.send('ReceiveMessage', '{}', { signal: off.signal }))).toBeInstanceOf(
      AwsCallError,
    );
    expect(server.seen).toHaveLength(1);
  });
});
