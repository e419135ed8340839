import { createHash, createHmac, getDiffieHellman, hkdfSync } from 'node:crypto';

/**
 * SRP-6a as Cognito speaks it. It differs from RFC 5054 in four ways, which is why no general library serves: the
 * generator is 2, numbers are hashed as Java writes them, the pool's name stands before the username, and the key comes
 * out of HKDF with a label of Cognito's own.
 *
 * BigInt takes a time that depends on the numbers. That is good enough for users whose passwords are printed.
 */

/** The prime of 3,072 bits of RFC 3526, group 15. */
export const PRIME = BigInt(`0x${getDiffieHellman('modp15').getPrime('hex')}`);
const GENERATOR = 2n;
const MULTIPLIER = hashedNumber(bytesOf(PRIME), bytesOf(GENERATOR));
const KEY_LABEL = 'Caldera Derived Key';
const KEY_BYTES = 16;

/** All that is stored of a password. Nobody can sign in with it. */
export interface PasswordVerifier {
  readonly salt: bigint;
  readonly verifier: bigint;
}

/** What both sides know of one sign-in, and the secret of the server. */
export interface SrpExchange {
  /** Sent by the client. */
  readonly clientPublic: bigint;
  readonly serverSecret: bigint;
}

/**
 * A number in big-endian bytes, with a zero byte before a first bit that is set: so Java writes positive numbers, and so
 * Cognito hashes them.
 */
export function bytesOf(value: bigint): Buffer {
  const digits = value.toString(16);
  const whole = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Buffer.from(/^[89a-f]/.test(whole) ? `00${whole}` : whole, 'hex');
}

export function numberOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function hashedNumber(...parts: readonly Uint8Array[]): bigint {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return numberOf(hash.digest());
}

/** `base ** exponent` modulo the prime. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % PRIME;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

/** Whether a client may send this as its public number: a multiple of the prime would make the shared secret 0. */
export function isPublicNumber(value: bigint): boolean {
  return value % PRIME !== 0n;
}

/** @param poolName the part of the user pool's ID after `_` */
export function verifierOf(
  poolName: string,
  username: string,
  password: string,
  salt: bigint,
): PasswordVerifier {
  const identity = createHash('sha256').update(`${poolName}${username}:${password}`, 'utf8').digest();
  return verifierFrom(salt, hashedNumber(bytesOf(salt), identity));
}

/** @param secret what the password and the salt hash to */
export function verifierFrom(salt: bigint, secret: bigint): PasswordVerifier {
  return { salt, verifier: power(GENERATOR, secret) };
}

/** What the server sends to the client: `SRP_B`. */
export function serverPublic({ verifier }: PasswordVerifier, serverSecret: bigint): bigint {
  return (MULTIPLIER * verifier + power(GENERATOR, serverSecret)) % PRIME;
}

/** The key of 16 bytes that client and server share when the client knows the password. */
export function sharedKey(stored: PasswordVerifier, { clientPublic, serverSecret }: SrpExchange): Buffer {
  const scrambler = hashedNumber(bytesOf(clientPublic), bytesOf(serverPublic(stored, serverSecret)));
  const secret = power(clientPublic * power(stored.verifier, scrambler), serverSecret);
  return Buffer.from(hkdfSync('sha256', bytesOf(secret), bytesOf(scrambler), KEY_LABEL, KEY_BYTES));
}

/** `PASSWORD_CLAIM_SIGNATURE`: proof of the key, for this challenge at this time. */
export function claimSignature(
  key: Uint8Array,
  claim: {
    readonly poolName: string;
    readonly username: string;
    readonly secretBlock: Uint8Array;
    readonly timestamp: string;
  },
): Buffer {
  return createHmac('sha256', key)
    .update(`${claim.poolName}${claim.username}`, 'utf8')
    .update(claim.secretBlock)
    .update(claim.timestamp, 'utf8')
    .digest();
}
