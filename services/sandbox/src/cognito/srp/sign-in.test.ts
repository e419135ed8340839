import { expect, it } from 'vitest';
import fc from 'fast-check';
import { srpClient, timestampOf } from '../testing/srp-client.ts';
import { createSrpChallenges } from './challenges.ts';
import { verifierOf } from './protocol.ts';
import { createSrpSignIn } from './sign-in.ts';

const now = () => 1_793_700_900_000;
const userPoolId = 'us-east-1_Ab3dEf9Gh';
const poolName = 'Ab3dEf9Gh';

it('client and server agree whatever the numbers, names and passwords, and on the right password alone', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const salt = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  const secret = fc.bigInt({ min: 1n, max: 2n ** 1_024n - 1n });
  fc.assert(
    fc.property(text, text, text, salt, secret, (username, password, guess, saltOf, clientSecret) => {
      const signIn = createSrpSignIn({
        poolName,
        storedOf: () => verifierOf(poolName, username, password, saltOf),
        isKnown: () => true,
        challenges: createSrpChallenges({ now, lifetimeMs: 180_000 }),
        now,
      });
      const finish = (claimed: string) => {
        const client = srpClient(userPoolId, username, claimed, clientSecret);
        const challenge = signIn.begin({ USERNAME: username, SRP_A: client.publicNumber });
        return signIn.finish(client.answer(challenge, timestampOf(now())));
      };
      expect(finish(password)).toBe(username);
      if (guess !== password)
        expect(() => finish(guess)).toThrow(
          expect.objectContaining({
            code: 'NotAuthorizedException',
            message: 'Incorrect username or password.',
          }),
        );
    }),
    { numRuns: 25 },
  );
});
