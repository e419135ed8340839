import { randomBytes, timingSafeEqual } from 'node:crypto';
import { invalidParameter, notAuthorized, requiredParameter, wrongCredentials } from '../errors.ts';
import type { SrpChallenges } from './challenges.ts';
import {
  claimSignature,
  isPublicNumber,
  numberOf,
  serverPublic,
  sharedKey,
  type PasswordVerifier,
} from './protocol.ts';
import { parseTimestamp } from './timestamp.ts';

type Parameters = Readonly<Record<string, string>>;

/** `InitiateAuth` with `USER_SRP_AUTH` and the answer to its challenge, `PASSWORD_VERIFIER`. */
export interface SrpSignIn {
  /**
   * @returns `ChallengeParameters`; of the same shape, and with the same salt each time, for a name that nobody has
   * @throws AwsError `InvalidParameterException`
   */
  begin(parameters: Parameters): Readonly<Record<string, string>>;
  /**
   * @returns the username, whose password the client has proved to know
   * @throws AwsError `InvalidParameterException`, `NotAuthorizedException`
   */
  finish(responses: Parameters): string;
}

export interface SrpSignInOptions {
  readonly poolName: string;
  readonly storedOf: (username: string) => PasswordVerifier;
  readonly isKnown: (username: string) => boolean;
  readonly challenges: SrpChallenges;
  readonly now: () => number;
}

/** 3,072 bits in hex, and a zero byte before them. */
const MAX_PUBLIC_DIGITS = 770;
const MAX_USERNAME_LENGTH = 128;
/** Twice the strength of the group; more makes the power slower and nothing safer. */
const SECRET_BYTES = 32;
const MAX_SKEW_MS = 5 * 60_000;

export function createSrpSignIn(options: SrpSignInOptions): SrpSignIn {
  const { poolName, storedOf, challenges, now } = options;

  function checkTimestamp(timestamp: string): void {
    const at = parseTimestamp(timestamp);
    if (at === undefined)
      throw invalidParameter('TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.');
    // UNVERIFIED: how far off Cognito lets a clock be, and in what words it refuses.
    if (Math.abs(at - now()) > MAX_SKEW_MS) throw notAuthorized('Invalid timestamp.');
  }

  return {
    begin(parameters) {
      const username = requiredParameter(parameters, 'USERNAME');
      const clientPublic = publicNumberOf(requiredParameter(parameters, 'SRP_A'));
      if (username.length > MAX_USERNAME_LENGTH)
        throw invalidParameter(
          `1 validation error detected: Value at 'username' failed to satisfy constraint: ` +
            `Member must have length less than or equal to ${MAX_USERNAME_LENGTH}`,
        );
      const stored = storedOf(username);
      const serverSecret = numberOf(randomBytes(SECRET_BYTES));
      return {
        SALT: stored.salt.toString(16),
        SECRET_BLOCK: challenges.issue(username, { clientPublic, serverSecret }),
        SRP_B: serverPublic(stored, serverSecret).toString(16),
        USERNAME: username,
        USER_ID_FOR_SRP: username,
      };
    },
    finish(responses) {
      const username = requiredParameter(responses, 'USERNAME');
      const secretBlock = requiredParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK');
      const signature = requiredParameter(responses, 'PASSWORD_CLAIM_SIGNATURE');
      const timestamp = requiredParameter(responses, 'TIMESTAMP');
      checkTimestamp(timestamp);
      const challenge = challenges.open(secretBlock);
      const expected = claimSignature(sharedKey(storedOf(challenge.username), challenge), {
        poolName,
        username: challenge.username,
        secretBlock: Buffer.from(secretBlock, 'base64'),
        timestamp,
      });
      const claimed = Buffer.from(signature, 'base64');
      const isProven = claimed.length === expected.length && timingSafeEqual(claimed, expected);
      const isSignedIn = isProven && username === challenge.username && options.isKnown(username);
      challenges.close(challenge, isSignedIn ? 'signed-in' : 'refused');
      if (!isSignedIn) throw wrongCredentials();
      return username;
    },
  };
}

/** @throws AwsError `InvalidParameterException`; the words are not known from AWS */
function publicNumberOf(text: string): bigint {
  const isNumber = text.length <= MAX_PUBLIC_DIGITS && /^[0-9A-Fa-f]+$/.test(text);
  const value = isNumber ? BigInt(`0x${text}`) : 0n;
  if (!isPublicNumber(value)) throw invalidParameter('Invalid SRP_A.');
  return value;
}
