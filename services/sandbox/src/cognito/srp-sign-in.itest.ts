import { afterEach, describe, expect, it } from 'vitest';
import {
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { PRIME } from './srp/protocol.ts';
import { answerSrp, beginSrp } from './testing/srp-calls.ts';
import { srpClient } from './testing/srp-client.ts';
import { timestampOf } from './testing/timestamp.ts';
import { clientId, closeAll, getId, startMs, userPoolId, world, type World } from './testing/world.ts';

afterEach(closeAll);

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };
const hex = (value: bigint) => value.toString(16);

async function signIn(w: World, username: string, password: string, timestamp = timestampOf(startMs)) {
  const client = srpClient(userPoolId, username, password);
  const { ChallengeParameters } = await beginSrp(w, username, client.publicNumber);
  return answerSrp(w, client.answer(ChallengeParameters, timestamp));
}

describe('sign-in by SRP', () => {
  it('answers a challenge with tokens that the identity pool takes, and that can be refreshed', async () => {
    const w = await world();
    const client = srpClient(userPoolId, 'alice', 'correct horse');
    const begun = await beginSrp(w, 'alice', client.publicNumber);
    expect(begun.ChallengeName).toBe('PASSWORD_VERIFIER');
    expect(begun.Session).toBeUndefined();
    expect(Object.keys(begun.ChallengeParameters).sort()).toEqual([
      'SALT',
      'SECRET_BLOCK',
      'SRP_B',
      'USERNAME',
      'USER_ID_FOR_SRP',
    ]);
    const tokens = await answerSrp(w, client.answer(begun.ChallengeParameters, timestampOf(startMs)));
    expect(tokens).toMatchObject({ ExpiresIn: 3_600, TokenType: 'Bearer' });
    await expect(getId(w, tokens?.IdToken ?? '')).resolves.toHaveProperty('IdentityId');
    const refreshed = await w.idp.send(
      new InitiateAuthCommand({
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        ClientId: clientId,
        AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
      }),
    );
    await expect(getId(w, refreshed.AuthenticationResult?.IdToken ?? '')).resolves.toBeDefined();
  });

  it('refuses a wrong password and an unknown user in the same words and with the same shape', async () => {
    const w = await world();
    await expect(signIn(w, 'alice', 'battery staple')).rejects.toMatchObject(wrong);
    await expect(signIn(w, 'mallory', 'correct horse')).rejects.toMatchObject(wrong);
    await expect(signIn(w, '__proto__', 'x')).rejects.toMatchObject(wrong);
    const SRP_A = srpClient(userPoolId, 'x', 'x').publicNumber;
    const challengeOf = async (username: string) => (await beginSrp(w, username, SRP_A)).ChallengeParameters;
    for (const username of ['alice', 'mallory']) {
      const [one, two] = [await challengeOf(username), await challengeOf(username)];
      // A salt that changed would say that nobody has this name.
      expect(one['SALT']).toBe(two['SALT']);
      expect(one['SALT']).toMatch(/^[0-9a-f]{20,32}$/);
      expect(one['SRP_B']).not.toBe(two['SRP_B']);
      expect(one['SRP_B']?.length).toBeGreaterThan(700);
      expect(one).toMatchObject({ USERNAME: username, USER_ID_FOR_SRP: username });
      expect(one['SECRET_BLOCK']).not.toBe(two['SECRET_BLOCK']);
    }
    expect((await challengeOf('alice'))['SALT']).not.toBe((await challengeOf('bob'))['SALT']);
  });

  it('refuses a public number that would make the secret known without a password', async () => {
    const w = await world();
    for (const SRP_A of ['0', '00', hex(PRIME), hex(PRIME * 2n), '', 'xyz', '-1', '0x10', 'f'.repeat(771)])
      await expect(beginSrp(w, 'alice', SRP_A)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const missing = new InitiateAuthCommand({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME: 'alice' },
    });
    await expect(w.idp.send(missing)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Missing required parameter SRP_A',
    });
    await expect(beginSrp(w, 'a'.repeat(129), '2')).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('takes an answer once, and only within three minutes', async () => {
    const w = await world();
    const client = srpClient(userPoolId, 'alice', 'correct horse');
    const begin = async () => (await beginSrp(w, 'alice', client.publicNumber)).ChallengeParameters;
    const answer = client.answer(await begin(), timestampOf(startMs));
    await answerSrp(w, answer);
    await expect(answerSrp(w, answer)).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user, session can only be used once.',
    });
    const waits = await begin();
    w.passSeconds(180);
    await expect(answerSrp(w, client.answer(waits, timestampOf(startMs + 180_000)))).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user, session is expired.',
    });
  });

  it('takes no second guess at one challenge, not even the right one', async () => {
    const w = await world();
    const client = srpClient(userPoolId, 'alice', 'correct horse');
    const { ChallengeParameters } = await beginSrp(w, 'alice', client.publicNumber);
    const right = client.answer(ChallengeParameters, timestampOf(startMs));
    await expect(
      answerSrp(w, { ...right, PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64') }),
    ).rejects.toMatchObject(wrong);
    await expect(answerSrp(w, right)).rejects.toMatchObject({
      message: 'Invalid session for the user, session can only be used once.',
    });
  });

  it('takes no answer to the challenge of somebody else', async () => {
    const w = await world();
    const bob = srpClient(userPoolId, 'bob', 'battery staple');
    const bobs = await beginSrp(w, 'bob', bob.publicNumber);
    const alices = await beginSrp(w, 'alice', bob.publicNumber);
    const timestamp = timestampOf(startMs);
    await expect(
      answerSrp(w, { ...bob.answer(bobs.ChallengeParameters, timestamp), USERNAME: 'alice' }),
    ).rejects.toMatchObject(wrong);
    await expect(
      answerSrp(w, bob.answer({ ...alices.ChallengeParameters, USER_ID_FOR_SRP: 'bob' }, timestamp)),
    ).rejects.toMatchObject(wrong);
    const elsewhere = await world();
    await expect(
      answerSrp(
        elsewhere,
        bob.answer((await beginSrp(w, 'bob', bob.publicNumber)).ChallengeParameters, timestamp),
      ),
    ).rejects.toMatchObject({ name: 'NotAuthorizedException', message: 'Invalid session for the user.' });
  });

  it('wants the time in the form of Cognito, within five minutes', async () => {
    const w = await world();
    await expect(signIn(w, 'alice', 'correct horse', new Date(startMs).toISOString())).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
    });
    for (const minutes of [-6, 6])
      await expect(
        signIn(w, 'alice', 'correct horse', timestampOf(startMs + minutes * 60_000)),
      ).rejects.toMatchObject({ name: 'NotAuthorizedException' });
    for (const minutes of [-4, 4])
      await expect(
        signIn(w, 'alice', 'correct horse', timestampOf(startMs + minutes * 60_000)),
      ).resolves.toHaveProperty('IdToken');
  });

  it('signs the time with the rest: another time makes the answer wrong', async () => {
    const w = await world();
    const client = srpClient(userPoolId, 'alice', 'correct horse');
    const { ChallengeParameters } = await beginSrp(w, 'alice', client.publicNumber);
    const answer = client.answer(ChallengeParameters, timestampOf(startMs));
    await expect(answerSrp(w, { ...answer, TIMESTAMP: timestampOf(startMs + 1_000) })).rejects.toMatchObject(
      wrong,
    );
  });
});

describe('RespondToAuthChallenge', () => {
  const respond = (w: World, more: object) =>
    w.idp.send(
      new RespondToAuthChallengeCommand({ ChallengeName: 'PASSWORD_VERIFIER', ClientId: clientId, ...more }),
    );

  it('says what is missing, and knows one client', async () => {
    const w = await world();
    await expect(respond(w, {})).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Missing required parameter USERNAME',
    });
    const all = { USERNAME: 'a', PASSWORD_CLAIM_SECRET_BLOCK: 'b', PASSWORD_CLAIM_SIGNATURE: 'c' };
    for (const name of Object.keys(all))
      await expect(
        respond(w, { ChallengeResponses: { ...all, TIMESTAMP: 'd', [name]: undefined } }),
      ).rejects.toMatchObject({ message: `Missing required parameter ${name}` });
    await expect(respond(w, { ChallengeResponses: all })).rejects.toMatchObject({
      message: 'Missing required parameter TIMESTAMP',
    });
    await expect(respond(w, { ClientId: 'nobody' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'User pool client nobody does not exist.',
    });
  });

  it('has no session of another challenge, and no challenge that AWS does not have', async () => {
    const w = await world();
    await expect(respond(w, { Session: 'x'.repeat(20) })).rejects.toMatchObject({
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user.',
    });
    await expect(respond(w, { ChallengeName: 'NEW_PASSWORD_REQUIRED' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Missing required parameter Session',
    });
    await expect(respond(w, { ChallengeName: 'OPEN_SESAME' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining("Value at 'challengeName'"),
    });
  });
});
