import {
  GUESTS_PATH,
  IdentityId,
  PROVISION_PATH,
  type GuestAccess,
  type ProvisionReply,
} from '@stepcast/contracts';
import { createMetrics, silentLogger, type CounterMetric, type QueueVerdict } from '@stepcast/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { KeysUnavailableError, SweepRefusedError, TokenRejectedError } from '../errors.ts';
import { createTokenFunction } from './by-token.ts';
import { createFirstLoginsFunction } from './first-logins.ts';
import { createReconcileFunction } from './reconcile.ts';

const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const guests: GuestAccess = { allowed: false, works: [], cannot: [] };
const ORIGIN = 'https://app.example';

/** HTTP API, payload 2.0, JWT authorizer. */
const event = (change: object = {}) => ({
  version: '2.0',
  routeKey: `POST ${PROVISION_PATH}`,
  rawPath: PROVISION_PATH,
  headers: { origin: ORIGIN, authorization: 'Bearer token-of-alice' },
  requestContext: { authorizer: { jwt: { claims: { sub: 'alice' } } } },
  isBase64Encoded: false,
  ...change,
});

let asked: (readonly [string, object])[];
let outcomes: CounterMetric;
let failure: Error | undefined;
let handle: ReturnType<typeof createTokenFunction>;

beforeEach(() => {
  asked = [];
  failure = undefined;
  outcomes = createMetrics('test_').counter('provision_total', 'test', ['outcome']);
  handle = createTokenFunction({
    provision: async (idToken, options): Promise<ProvisionReply> => {
      await Promise.resolve();
      asked.push([idToken, options]);
      if (failure !== undefined) throw failure;
      return { status: 'ready', identityId };
    },
    guestAccess: () => Promise.resolve(guests),
    allowedOrigins: [ORIGIN],
    logger: silentLogger,
    outcomes,
  });
});

describe('the function behind the HTTP API', () => {
  it.each([
    ['with Bearer', event()],
    ['without it', event({ headers: { origin: ORIGIN, authorization: 'token-of-alice' } })],
    ['in the body', event({ headers: { origin: ORIGIN }, body: '{"idToken":"token-of-alice"}' })],
    [
      'in a body that came as base64',
      event({
        headers: { origin: ORIGIN },
        body: Buffer.from('{"idToken":"token-of-alice"}').toString('base64'),
        isBase64Encoded: true,
      }),
    ],
  ])('has a token verified that comes %s', async (_how, given) => {
    const answer = await handle(given);
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'access-control-allow-origin': ORIGIN, 'cache-control': 'no-store' },
      body: JSON.stringify({ status: 'ready', identityId }),
    });
    expect(asked.map(([token]) => token)).toEqual(['token-of-alice']);
  });

  it('hands on that the broker refused', async () => {
    await handle(event({ body: '{"refused":true}' }));
    expect(asked).toEqual([['token-of-alice', { refused: true }]]);
  });

  it('trusts neither an identity in the body nor what a request says of its authorizer', async () => {
    await handle(event({ body: '{"identityId":"us-east-1:2f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f"}' }));
    await expect(outcomes.total({ outcome: 'identity_in_body_ignored' })).resolves.toBe(1);
    const { statusCode } = await handle(event({ headers: { origin: ORIGIN } }));
    expect(statusCode).toBe(401);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['a token that is rejected', new TokenRejectedError('Expired'), 401],
    ['keys out of reach', new KeysUnavailableError(), 503],
    ['a bug', new Error('the text of it'), 500],
  ])('answers %s as the container does', async (_what, thrown, status) => {
    failure = thrown;
    const { statusCode, headers, body } = await handle(event());
    expect(statusCode).toBe(status);
    expect(headers['retry-after'] === undefined).toBe(status !== 503);
    expect(body).not.toContain('the text of it');
  });

  it('reads no body above 16 KB', async () => {
    const { statusCode } = await handle(event({ body: `{"idToken":"${'a'.repeat(17_000)}"}` }));
    expect(statusCode).toBe(401);
    expect(asked).toEqual([]);
  });

  it('says to everybody what guests may do', async () => {
    const answer = await handle(event({ routeKey: `GET ${GUESTS_PATH}`, headers: {} }));
    expect(answer).toMatchObject({ statusCode: 200, body: JSON.stringify(guests) });
    expect(asked).toEqual([]);
  });

  it.each([undefined, {}, { Records: [] }, event({ routeKey: '$default' })])(
    'provisions nobody for an event that is of no route',
    async (given) => {
      expect((await handle(given)).statusCode).toBe(401);
      expect(asked).toEqual([]);
    },
  );

  it('lets no other origin read the answer', async () => {
    const { headers } = await handle(event({ headers: { origin: 'https://evil.example' } }));
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('the function on the queue of first logins', () => {
  it('leaves in the queue exactly what is not done', async () => {
    const verdict = fc.constantFrom<QueueVerdict | undefined>('done', { retryAfterMs: 30_000 }, undefined);
    await fc.assert(
      fc.asyncProperty(fc.array(verdict, { maxLength: 10 }), async (verdicts) => {
        const answer = await createFirstLoginsFunction((messages) =>
          Promise.resolve(
            new Map(
              messages.flatMap(({ id }) => {
                const given = verdicts[Number(id)];
                return given === undefined ? [] : [[id, given] as const];
              }),
            ),
          ),
        )({
          Records: verdicts.map((_verdict, index) => ({
            messageId: String(index),
            body: '{}',
            attributes: { ApproximateReceiveCount: '2' },
          })),
        });
        const left = verdicts.flatMap((one, index) =>
          one === 'done' ? [] : [{ itemIdentifier: String(index) }],
        );
        if (JSON.stringify(answer.batchItemFailures) !== JSON.stringify(left))
          throw new Error(`${JSON.stringify(answer)} for ${JSON.stringify(verdicts)}`);
      }),
    );
  });

  it('fails as a whole for an event of something else, so that nothing is deleted', async () => {
    await expect(createFirstLoginsFunction(() => Promise.resolve(new Map()))({})).rejects.toThrow(
      'no event of a queue',
    );
  });
});

describe('the function on the schedule', () => {
  it('answers what one comparison found, and fails when it fails', async () => {
    const done = { known: 3, targets: 2, attached: 1, swept: 0, foreign: 0, failed: 0 };
    const good = createReconcileFunction({ reconcile: () => Promise.resolve(done), logger: silentLogger });
    await expect(good()).resolves.toEqual(done);
    const bad = createReconcileFunction({
      reconcile: () => Promise.reject(new SweepRefusedError(30, 40)),
      logger: silentLogger,
    });
    await expect(bad()).rejects.toThrow(SweepRefusedError);
  });
});
