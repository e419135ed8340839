import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bytesOf, isPublicNumber, numberOf, power, PRIME, sharedKey, verifierOf } from './protocol.ts';

/** As Java's `BigInteger.toByteArray` of a number that is not negative: the shortest form whose first bit is 0. */
const isJavas = (bytes: Buffer) =>
  (bytes[0] ?? 0xff) < 0x80 && (bytes.length === 1 || bytes[0] !== 0 || (bytes[1] ?? 0) >= 0x80);

describe('numbers', () => {
  it('are written as Java does, and read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 3_080n }), (value) => {
        expect(numberOf(bytesOf(value))).toBe(value);
        expect(isJavas(bytesOf(value))).toBe(true);
      }),
    );
  });

  it('are raised to powers as multiplication says', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: PRIME * 2n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n }),
        (base, a, b) => {
          expect(power(base, a + b)).toBe((power(base, a) * power(base, b)) % PRIME);
        },
      ),
      { numRuns: 25 },
    );
    expect(power(2n, 10n)).toBe(1_024n);
  });

  it('have a prime of 3,072 bits for a modulus: Fermat agrees', () => {
    expect(PRIME.toString(2)).toHaveLength(3_072);
    expect(power(3n, PRIME - 1n)).toBe(1n);
  });

  it('that make the shared secret 0 are none that a client may send', () => {
    for (const times of [0n, 1n, 2n, 1_000n]) expect(isPublicNumber(PRIME * times)).toBe(false);
    expect(isPublicNumber(PRIME - 1n)).toBe(true);
    // What it protects from: the key would be the same without any password.
    const exchange = { clientPublic: PRIME * 2n, serverSecret: 7n };
    const keyOf = (scrambledBy: string) => sharedKey(verifierOf('p', 'u', scrambledBy, 1n), exchange);
    expect(power(exchange.clientPublic, exchange.serverSecret)).toBe(0n);
    expect(keyOf('one')).toHaveLength(16);
  });
});

it('verifiers differ when pool, user, password or salt does', () => {
  const all = [
    verifierOf('pool', 'alice', 'secret', 5n),
    verifierOf('pool2', 'alice', 'secret', 5n),
    verifierOf('pool', 'bob', 'secret', 5n),
    verifierOf('pool', 'alice', 'Secret', 5n),
    verifierOf('pool', 'alice', 'secret', 6n),
  ].map(({ verifier }) => verifier);
  expect(new Set(all).size).toBe(all.length);
});
