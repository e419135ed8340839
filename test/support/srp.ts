import { createDiffieHellmanGroup, createHash, createHmac, randomBytes } from 'node:crypto';
import {
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';

/** Group 15 of RFC 3526, which Cognito takes, with the generator 2. */
const PRIME = BigInt(`0x${createDiffieHellmanGroup('modp15').getPrime('hex')}`);
const GENERATOR = 2n;
const INFO = Buffer.from('Caldera Derived Key\u0001', 'utf8');
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export interface SrpSignIn {
  readonly userPool: CognitoIdentityProviderClient;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

/** Signs somebody in by SRP, as a browser does where the client of the user pool takes nothing else. @returns the ID token */
export async function signInBySrp({
  userPool,
  userPoolId,
  clientId,
  username,
  password,
}: SrpSignIn): Promise<string> {
  const secret = numberOf(randomBytes(128)) % PRIME;
  const mine = power(GENERATOR, secret);
  const { ChallengeParameters: challenge = {} } = await userPool.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME: username, SRP_A: mine.toString(16) },
    }),
  );
  const { SRP_B = '', SALT = '', SECRET_BLOCK = '', USER_ID_FOR_SRP = '' } = challenge;
  const poolName = userPoolId.split('_')[1] ?? '';
  const theirs = BigInt(`0x${SRP_B}`);
  const scrambler = numberOf(sha256(padded(mine), padded(theirs)));
  const verifier = numberOf(
    sha256(padded(BigInt(`0x${SALT}`)), sha256(Buffer.from(`${poolName}${USER_ID_FOR_SRP}:${password}`))),
  );
  const multiplier = numberOf(sha256(padded(PRIME), padded(GENERATOR)));
  const base = (theirs - ((multiplier * power(GENERATOR, verifier)) % PRIME) + PRIME) % PRIME;
  const shared = power(base, secret + scrambler * verifier);
  const key = hmac(hmac(padded(scrambler), padded(shared)), INFO).subarray(0, 16);
  const timestamp = timestampOf(new Date());
  const { AuthenticationResult } = await userPool.send(
    new RespondToAuthChallengeCommand({
      ClientId: clientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: USER_ID_FOR_SRP,
        PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK,
        PASSWORD_CLAIM_SIGNATURE: hmac(
          key,
          Buffer.from(`${poolName}${USER_ID_FOR_SRP}`),
          Buffer.from(SECRET_BLOCK, 'base64'),
          Buffer.from(timestamp),
        ).toString('base64'),
        TIMESTAMP: timestamp,
      },
    }),
  );
  const token = AuthenticationResult?.IdToken;
  if (token === undefined) throw new Error('the user pool gave no ID token');
  return token;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % PRIME;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

/** Bytes of a number, with a zero in front where the first bit would make it negative elsewhere. */
function padded(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  return createHmac('sha256', key).update(Buffer.concat(parts)).digest();
}

/** `Tue Dec 1 01:02:03 UTC 2026`: the day of the month without a zero in front. */
function timestampOf(now: Date): string {
  const time = now.toISOString().slice(11, 19);
  return `${DAYS[now.getUTCDay()] ?? ''} ${MONTHS[now.getUTCMonth()] ?? ''} ${now.getUTCDate()} ${time} UTC ${now.getUTCFullYear()}`;
}
