import { IdentityId, parseJson } from '@stepcast/contracts';
import { DeadLetter } from '@stepcast/wire';
import { createMetrics, silentLogger, type OutgoingMessage, type QueueMessage } from '@stepcast/kit';
import { beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createIdentityAttacher } from './application/attach-identity.ts';
import { createFirstLogins } from './application/first-logins.ts';
import { PolicyNotAttachableError } from './errors.ts';
import { createFirstLoginsHandler } from './first-logins-queue.ts';
import { InMemoryIdentityCensus, InMemoryPolicyAttachments, unlimitedRechecks } from './testing/index.ts';

const poolId = 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11';
const alice = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const SECRET = 'aSessionTokenThatNobodyMaySee';

/** As in the Cognito developer guide, "Example Amazon Cognito events". */
function record(change: object = {}) {
  return {
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.cognito-identity',
    detail: {
      eventSource: 'cognito-identity.amazonaws.com',
      eventName: 'GetCredentialsForIdentity',
      awsRegion: 'us-east-1',
      eventID: '6ad1c766-5a41-4b28-b5ca-e223ccb00f0d',
      requestParameters: {
        logins: {
          'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh': 'HIDDEN_DUE_TO_SECURITY_REASONS',
        },
        identityId: alice,
      },
      responseElements: { credentials: { sessionToken: SECRET }, identityId: alice },
      resources: [
        {
          type: 'AWS::Cognito::IdentityPool',
          ARN: `arn:aws:cognito-identity:us-east-1:111122223333:identitypool/${poolId}`,
        },
      ],
      ...change,
    },
  };
}

let attachments: InMemoryPolicyAttachments;
let census: InMemoryIdentityCensus;
let dead: OutgoingMessage[];
let handle: ReturnType<typeof createFirstLoginsHandler>;

beforeEach(() => {
  attachments = new InMemoryPolicyAttachments();
  census = new InMemoryIdentityCensus();
  census.add(alice);
  dead = [];
  const clock = { nowMs: () => Date.UTC(2026, 10, 3) };
  const outcomes = createMetrics('test_').counter('provision_total', 'test', ['outcome']);
  const attacher = createIdentityAttacher({
    attachments,
    cache: new Map(),
    rechecks: unlimitedRechecks,
    clock,
    logger: silentLogger,
    outcomes,
  });
  handle = createFirstLoginsHandler({
    identityPoolId: poolId,
    firstLogin: createFirstLogins({ attacher, census, seen: new Map(), outcomes }),
    deadLetters: {
      send: async (messages) => {
        await Promise.resolve();
        dead.push(...messages);
      },
    },
    clock,
    logger: silentLogger,
    outcomes,
  });
});

async function verdictOf(body: string) {
  const message: QueueMessage = { id: 'm', body, receiveCount: 1, groupId: undefined };
  return (await handle([message])).get('m');
}

describe('first logins by CloudTrail', () => {
  it('attaches the policy to every identity that Cognito gave credentials, and asks once of many records', async () => {
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    expect(attachments.attachCalls).toEqual([alice]);
    expect(census.findCalls).toEqual([alice]);
  });

  it('reads GetId too, which names its pool in the parameters', async () => {
    const logins = { 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh': 'HIDDEN' };
    const getId = record({
      eventName: 'GetId',
      requestParameters: { identityPoolId: poolId, logins },
      responseElements: { identityId: alice },
      resources: undefined,
    });
    await expect(verdictOf(JSON.stringify(getId))).resolves.toBe('done');
    expect(attachments.attachCalls).toEqual([alice]);
  });

  it.each<[string, object]>([
    ['a guest', { requestParameters: { identityId: alice, logins: null } }],
    ['a refused call', { errorCode: 'NotAuthorizedException', responseElements: null }],
    ['another operation', { eventName: 'GetOpenIdToken' }],
    [
      'another pool',
      { resources: [{ ARN: 'arn:aws:cognito-identity:us-east-1:1:identitypool/us-east-1:other' }] },
    ],
  ])('has nothing to do for %s', async (_name, change) => {
    await expect(verdictOf(JSON.stringify(record(change)))).resolves.toBe('done');
    expect(attachments.attachCalls).toEqual([]);
    expect(dead).toEqual([]);
  });

  it('attaches nothing on the word of a record that Cognito does not confirm', async () => {
    census.identities.clear();
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    census.add(alice, false);
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    expect(attachments.attachCalls).toEqual([]);
  });

  it('comes back to it when AWS is out of reach', async () => {
    census.fail = true;
    await expect(verdictOf(JSON.stringify(record()))).resolves.toEqual({ retryAfterMs: 30_000 });
    census.fail = false;
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    expect(attachments.attachCalls).toEqual([alice]);
  });

  it('gives up what can never work, with the reason', async () => {
    attachments.attach = () =>
      Promise.reject(new PolicyNotAttachableError('stepcast-identity', 'it does not exist'));
    await expect(verdictOf(JSON.stringify(record()))).resolves.toBe('done');
    expect(parseJson(DeadLetter, dead[0]?.body ?? '')).toMatchObject({
      ok: true,
      value: { service: 'provisioner', code: 'PROVISIONER_POLICY_NOT_ATTACHABLE' },
    });
  });

  it('dead-letters a malformed record by its event ID, without the credentials in it', async () => {
    const text = JSON.stringify(
      record({ responseElements: { credentials: { sessionToken: SECRET }, identityId: 7 } }),
    );
    await expect(verdictOf(text)).resolves.toBe('done');
    expect(dead[0]?.body).toContain('6ad1c766-5a41-4b28-b5ca-e223ccb00f0d');
    expect(dead[0]?.body).toContain('responseElements.identityId');
    expect(dead[0]?.body).not.toContain(SECRET);
  });

  it('survives any text: done with a dead letter, nothing attached', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        dead = [];
        await expect(verdictOf(text)).resolves.toBe('done');
        expect(dead).toHaveLength(1);
        expect(attachments.attachCalls).toEqual([]);
      }),
    );
  });
});
