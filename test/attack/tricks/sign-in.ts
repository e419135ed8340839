import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { PRIME, srpClient, timestampOf } from '@stepcast/sandbox/testing/srp-client';
import type { Outcome } from '../judge.ts';
import { MARK, type Attack } from '../world.ts';
import { outcomeOf, type Trick } from './trick.ts';

type Texts = Record<string, string>;

/** The user pool as the attacker calls it: unsigned, and as often as one likes. */
function pool({ sandbox: { info } }: Attack) {
  const client = new CognitoIdentityProviderClient({
    region: info.region,
    endpoint: info.endpoints.cognitoIdp,
    maxAttempts: 1,
  });
  const passwordOf = (name: string) => info.users.find(({ username }) => username === name)?.password ?? '';
  return {
    begin: async (USERNAME: string, SRP_A: string): Promise<Texts> => {
      const { ChallengeParameters = {} } = await client.send(
        new InitiateAuthCommand({
          AuthFlow: 'USER_SRP_AUTH',
          ClientId: info.userPoolClientId,
          AuthParameters: { USERNAME, SRP_A },
        }),
      );
      return ChallengeParameters;
    },
    /** Resolves when it brought tokens. */
    answer: async (ChallengeResponses: Texts): Promise<void> => {
      await client.send(
        new RespondToAuthChallengeCommand({
          ChallengeName: 'PASSWORD_VERIFIER',
          ClientId: info.userPoolClientId,
          ChallengeResponses,
        }),
      );
    },
    clientOf: (name: string, password = passwordOf(name)) => srpClient(info.userPoolId, name, password),
  };
}

const timestamp = () => timestampOf(Date.now());

/** Ways to tokens of Alice for somebody who has Bob's password alone. */
async function tokensOfVictim(attack: Attack): Promise<void> {
  const { dice } = attack;
  const { begin, answer, clientOf } = pool(attack);
  const bob = clientOf('bob');
  const forAlice = () => begin('alice', bob.publicNumber);
  const noise = Buffer.from(Array.from({ length: 32 }, () => dice.int(256))).toString('base64');
  await dice.pick<() => Promise<void>>([
    // A shared secret of 0, known without any password.
    async () => {
      const times = BigInt(dice.int(4));
      const challenge = await begin('alice', (PRIME * times).toString(16));
      await answer({ ...bob.answer(challenge, timestamp()), USERNAME: 'alice' });
    },
    async () =>
      answer({ ...bob.answer(await begin('bob', bob.publicNumber), timestamp()), USERNAME: 'alice' }),
    async () => answer({ ...bob.answer(await forAlice(), timestamp()), USERNAME: 'alice' }),
    async () => {
      const [alices, own] = [await forAlice(), await begin('bob', bob.publicNumber)];
      const proof = bob.answer({ ...own, SECRET_BLOCK: alices['SECRET_BLOCK'] ?? '' }, timestamp());
      await answer({ ...proof, USERNAME: dice.pick(['alice', 'bob']) });
    },
    async () => {
      const [alices, own] = [await forAlice(), await begin('bob', bob.publicNumber)];
      await answer({
        ...bob.answer(own, timestamp()),
        PASSWORD_CLAIM_SECRET_BLOCK: alices['SECRET_BLOCK'] ?? '',
      });
    },
    async () => {
      const guess = clientOf('alice', dice.pick(['', 'alice', 'password', MARK]));
      await answer(guess.answer(await begin('alice', guess.publicNumber), timestamp()));
    },
    async () => {
      const proof = bob.answer(await forAlice(), timestamp());
      await answer({ ...proof, USERNAME: 'alice', PASSWORD_CLAIM_SIGNATURE: dice.pick([noise, '', 'AA==']) });
    },
    async () => {
      const block = Buffer.from((await forAlice())['SECRET_BLOCK'] ?? '', 'base64');
      const at = dice.int(block.length);
      block[at] = (block[at] ?? 0) ^ (1 + dice.int(255));
      const SECRET_BLOCK = dice.pick([block.toString('base64'), noise, '', 'A'.repeat(1 + dice.int(20_000))]);
      await answer({
        ...bob.answer({ ...(await forAlice()), SECRET_BLOCK }, timestamp()),
        USERNAME: 'alice',
      });
    },
  ])();
}

/** What was answered once, answered again. */
async function replay(attack: Attack): Promise<Outcome> {
  const { begin, answer, clientOf } = pool(attack);
  const bob = clientOf('bob');
  const proof = bob.answer(await begin('bob', bob.publicNumber), timestamp());
  await answer(proof);
  const block = proof['PASSWORD_CLAIM_SECRET_BLOCK'] ?? '';
  const again = attack.dice.pick([
    proof,
    { ...proof, PASSWORD_CLAIM_SECRET_BLOCK: `${block}\n` },
    { ...proof, PASSWORD_CLAIM_SECRET_BLOCK: block.replaceAll('+', '-').replaceAll('/', '_') },
  ]);
  return outcomeOf(answer(again), 'breach');
}

/** A sign-in of the victim goes on, whatever others begin or answer wrongly in her name meanwhile. */
async function flood(attack: Attack): Promise<Outcome> {
  const { begin, answer, clientOf } = pool(attack);
  const [alice, bob] = [clientOf('alice'), clientOf('bob')];
  const waits = await begin('alice', alice.publicNumber);
  const tries = Array.from({ length: 10 }, async () => {
    const challenge = await begin('alice', bob.publicNumber);
    if (attack.dice.int(2) === 0) return 'refused' as const;
    return outcomeOf(answer({ ...bob.answer(challenge, timestamp()), USERNAME: 'alice' }), 'breach');
  });
  const outcomes = await Promise.all(tries);
  await answer(alice.answer(waits, timestamp()));
  return outcomes.includes('breach') ? 'breach' : 'refused';
}

export const signInTricks: readonly Trick[] = [
  { name: 'tokens of others by SRP', attempt: (attack) => outcomeOf(tokensOfVictim(attack), 'breach') },
  { name: 'answer an SRP challenge twice', attempt: replay },
  {
    name: 'flood the SRP sign-in of others',
    // Anything that is thrown is the victim's sign-in that was stopped.
    attempt: (attack) => flood(attack).catch(() => 'breach' as const),
  },
];
