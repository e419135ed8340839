import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { parseJson } from '@stepcast/contracts';
import { createLru } from '@stepcast/kit';
import * as z from 'zod';
import { notAuthorized } from '../errors.ts';
import type { SrpExchange } from './protocol.ts';

/** A challenge that was given out and waits for its answer. */
export interface SrpChallenge extends SrpExchange {
  readonly id: string;
  readonly username: string;
  /** Milliseconds since the epoch. */
  readonly issuedAtMs: number;
}

export interface SrpChallenges {
  /** The challenge as `SECRET_BLOCK`: base64 that nobody else can read or write. */
  issue(username: string, exchange: SrpExchange): string;
  /**
   * @throws AwsError `NotAuthorizedException` for a block that is not of this pool, older than `lifetimeMs`, or answered
   * already
   */
  open(secretBlock: string): SrpChallenge;
  /** From now on `open` refuses it. */
  close(challenge: SrpChallenge, outcome: 'signed-in' | 'refused'): void;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** A block of this pool has less than 2,000 characters. */
const MAX_BLOCK_LENGTH = 4_096;
const REMEMBERED_PER_USER = 1_000;
/** Some 10,000 refusals. */
const REFUSALS_BYTES = 2 * 1024 * 1024;
/** An estimate of what a refusal takes, its id included. */
const REFUSAL_BYTES = 200;

const Hex = z.string().regex(/^[0-9a-f]+$/);
const Sealed = z.object({
  id: z.string(),
  username: z.string(),
  clientPublic: Hex,
  serverSecret: Hex,
  issuedAtMs: z.number(),
});

/**
 * Challenges that wait are held by the client, sealed, and not by the server: any number of sign-ins that nobody goes on
 * with takes no memory and pushes nobody else's out.
 *
 * Answered ones are remembered within a bound. A sign-in must never be repeated, so each user has a memory of its own that
 * nobody else can fill. One more guess at a challenge that was refused is worth no more than a new challenge, so all
 * refusals share one.
 * @param options.lifetimeMs how long a challenge can be answered
 */
export function createSrpChallenges(options: {
  readonly now: () => number;
  readonly lifetimeMs: number;
}): SrpChallenges {
  const { now, lifetimeMs } = options;
  const key = randomBytes(32);
  const signedIn = new Map<string, AnsweredChallenges>();
  const refused = createLru<string, true>({ maxBytes: REFUSALS_BYTES, bytesOf: () => REFUSAL_BYTES });
  const isAnswered = (challenge: SrpChallenge) =>
    refused.peek(challenge.id) === true || signedIn.get(challenge.username)?.has(challenge) === true;

  return {
    issue(username, { clientPublic, serverSecret }) {
      const text = JSON.stringify({
        id: randomUUID(),
        username,
        clientPublic: clientPublic.toString(16),
        serverSecret: serverSecret.toString(16),
        issuedAtMs: now(),
      } satisfies z.input<typeof Sealed>);
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(secretBlock) {
      const found = parseJson(Sealed, unsealed(key, secretBlock));
      if (!found.ok) throw notAuthorized('Invalid session for the user.');
      const { clientPublic, serverSecret, ...rest } = found.value;
      const challenge = {
        ...rest,
        clientPublic: BigInt(`0x${clientPublic}`),
        serverSecret: BigInt(`0x${serverSecret}`),
      };
      if (now() >= challenge.issuedAtMs + lifetimeMs)
        throw notAuthorized('Invalid session for the user, session is expired.');
      if (isAnswered(challenge))
        throw notAuthorized('Invalid session for the user, session can only be used once.');
      return challenge;
    },
    close(challenge, outcome) {
      if (outcome === 'refused') {
        refused.set(challenge.id, true);
        return;
      }
      const answered = signedIn.get(challenge.username) ?? new AnsweredChallenges();
      signedIn.set(challenge.username, answered);
      answered.add(challenge);
    },
  };
}

/** @throws AwsError `NotAuthorizedException` */
function unsealed(key: Buffer, secretBlock: string): string {
  const bytes = Buffer.from(secretBlock.slice(0, MAX_BLOCK_LENGTH), 'base64');
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const sealed = bytes.subarray(IV_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw notAuthorized('Invalid session for the user.', { cause });
  }
}

/** One that had to be forgotten takes with it all that were issued no later: none is ever taken twice. */
class AnsweredChallenges {
  readonly #issuedAtMs = new Map<string, number>();
  #forgottenUntilMs = -Infinity;

  has({ id, issuedAtMs }: SrpChallenge): boolean {
    return issuedAtMs <= this.#forgottenUntilMs || this.#issuedAtMs.has(id);
  }

  add({ id, issuedAtMs }: SrpChallenge): void {
    this.#issuedAtMs.set(id, issuedAtMs);
    if (this.#issuedAtMs.size <= REMEMBERED_PER_USER) return;
    const [oldest] = this.#issuedAtMs;
    if (oldest === undefined) return;
    this.#issuedAtMs.delete(oldest[0]);
    this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, oldest[1]);
  }
}
