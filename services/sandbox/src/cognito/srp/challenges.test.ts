import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createSrpChallenges, type SrpChallenge } from './challenges.ts';

const LIFETIME_MS = 180_000;
const exchange = { clientPublic: 2n ** 3_071n + 1n, serverSecret: 2n ** 255n + 9n };

function world() {
  const clock = { nowMs: 1_793_700_900_000 };
  const challenges = createSrpChallenges({ now: () => clock.nowMs, lifetimeMs: LIFETIME_MS });
  return { clock, challenges };
}
const refused = (words: string) =>
  expect.objectContaining({ code: 'NotAuthorizedException', message: words });
const ONCE = refused('Invalid session for the user, session can only be used once.');

describe('a challenge', () => {
  it('comes back as it was given out, and shows nothing of itself', () => {
    const { challenges, clock } = world();
    const block = challenges.issue('alice', exchange);
    expect(challenges.open(block)).toMatchObject({ username: 'alice', ...exchange, issuedAtMs: clock.nowMs });
    const bytes = Buffer.from(block, 'base64').toString('latin1');
    expect(bytes).not.toContain('alice');
    expect(challenges.issue('alice', exchange)).not.toBe(block);
  });

  it('can be answered within its time and not a millisecond later', () => {
    const { challenges, clock } = world();
    const block = challenges.issue('alice', exchange);
    clock.nowMs += LIFETIME_MS - 1;
    expect(challenges.open(block).username).toBe('alice');
    clock.nowMs += 1;
    expect(() => challenges.open(block)).toThrow(
      refused('Invalid session for the user, session is expired.'),
    );
  });

  it.each(['signed-in', 'refused'] as const)('is answered once: %s', (outcome) => {
    const { challenges } = world();
    const block = challenges.issue('alice', exchange);
    challenges.close(challenges.open(block), outcome);
    expect(() => challenges.open(block)).toThrow(ONCE);
    // The same bytes written in another way are the same challenge.
    expect(() => challenges.open(`\n${block.replaceAll('=', '')}`)).toThrow(ONCE);
  });

  it('is of this pool alone, and whole', () => {
    const { challenges } = world();
    const invalid = refused('Invalid session for the user.');
    expect(() => challenges.open(world().challenges.issue('alice', exchange))).toThrow(invalid);
    const bytes = Buffer.from(challenges.issue('alice', exchange), 'base64');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(bytes);
        const at = bit >> 3;
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        expect(() => challenges.open(changed.toString('base64'))).toThrow(invalid);
      }),
    );
    for (const text of ['', 'AAAA', '!', 'A'.repeat(100_000), bytes.subarray(0, 40).toString('base64')])
      expect(() => challenges.open(text)).toThrow(invalid);
  });
});

describe('a flood', () => {
  it('of sign-ins that nobody goes on with pushes no other out', () => {
    const { challenges } = world();
    const block = challenges.issue('alice', exchange);
    for (let index = 0; index < 20_000; index += 1) challenges.issue(`nobody-${index}`, exchange);
    expect(challenges.open(block).username).toBe('alice');
  });

  it('of wrong answers neither stops a sign-in of its victim nor lets one be repeated', () => {
    const { challenges, clock } = world();
    const done = challenges.issue('alice', exchange);
    challenges.close(challenges.open(done), 'signed-in');
    const waits = challenges.issue('alice', exchange);
    const opened = challenges.open(waits);
    clock.nowMs += 1_000;
    for (let index = 0; index < 12_000; index += 1)
      challenges.close({ ...opened, id: `guess-${index}`, issuedAtMs: clock.nowMs }, 'refused');
    expect(challenges.open(waits).username).toBe('alice');
    expect(() => challenges.open(done)).toThrow(ONCE);
  });

  it('of sign-ins of one user lets none be repeated, and hinders nobody else', () => {
    const { challenges, clock } = world();
    const bobs = challenges.issue('bob', exchange);
    const blocks: string[] = [];
    for (let index = 0; index < 1_500; index += 1) {
      clock.nowMs += 10;
      const block = challenges.issue('alice', exchange);
      challenges.close(challenges.open(block), 'signed-in');
      blocks.push(block);
    }
    for (const block of blocks) expect(() => challenges.open(block)).toThrow(ONCE);
    expect(challenges.open(bobs).username).toBe('bob');
    expect(challenges.open(challenges.issue('alice', exchange)).username).toBe('alice');
  });
});

it('whatever is issued, answered and waited for in any order: none is taken twice, and none that is late', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('issue' as const), user: fc.constantFrom('alice', 'bob') }),
    fc.record({ kind: fc.constant('answer' as const), which: fc.nat({ max: 20 }), isRight: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { challenges, clock } = world();
      const issued: { block: string; atMs: number; answered: boolean }[] = [];
      for (const one of steps) {
        if (one.kind === 'wait') clock.nowMs += one.ms;
        else if (one.kind === 'issue')
          issued.push({ block: challenges.issue(one.user, exchange), atMs: clock.nowMs, answered: false });
        else {
          const found = issued[one.which];
          if (found === undefined) continue;
          const mayBeTaken = !found.answered && clock.nowMs < found.atMs + LIFETIME_MS;
          let opened: SrpChallenge | undefined;
          try {
            opened = challenges.open(found.block);
          } catch {
            // Refused; whether rightly, the line below says.
          }
          expect(opened !== undefined).toBe(mayBeTaken);
          if (opened === undefined) continue;
          challenges.close(opened, one.isRight ? 'signed-in' : 'refused');
          found.answered = true;
        }
      }
    }),
  );
});
