import { describe, expect, it } from 'vitest';
import { createGuestAccess } from './guest-access.ts';

function asking(answers: (boolean | Error)[], guestUploads = false) {
  let [calls, nowMs] = [0, 0];
  const ask = createGuestAccess({
    settings: {
      guestsAllowed: async () => {
        await Promise.resolve();
        const answer = answers[calls] ?? false;
        calls += 1;
        if (typeof answer !== 'boolean') throw answer;
        return answer;
      },
    },
    guestUploads,
    clock: { nowMs: () => nowMs },
  });
  return {
    ask,
    calls: () => calls,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('what a guest can do', () => {
  it('is progress, uploads only where the role allows them, and never signalling', async () => {
    await expect(asking([true]).ask()).resolves.toMatchObject({
      allowed: true,
      works: ['progress'],
      cannot: [{ capability: 'uploads' }, { capability: 'signalling' }],
    });
    await expect(asking([true], true).ask()).resolves.toMatchObject({
      allowed: true,
      works: ['progress', 'uploads'],
      cannot: [{ capability: 'signalling', why: expect.stringContaining('Kinesis Video Streams') }],
    });
  });

  it('is nothing where the pool lets no guests in', async () => {
    const { allowed, works, cannot } = await asking([false], true).ask();
    expect({ allowed, works }).toEqual({ allowed: false, works: [] });
    expect(cannot.map(({ capability }) => capability)).toEqual(['progress', 'uploads', 'signalling']);
  });

  it('is asked of Cognito once in five minutes, and again at once after a failure', async () => {
    const world = asking([new Error('throttled'), true, false]);
    await expect(world.ask()).rejects.toThrow('throttled');
    await Promise.all([world.ask(), world.ask(), world.ask()]);
    expect(world.calls()).toBe(2);
    world.pass(299_999);
    await expect(world.ask()).resolves.toMatchObject({ allowed: true });
    world.pass(1);
    await expect(world.ask()).resolves.toMatchObject({ allowed: false });
    expect(world.calls()).toBe(3);
  });
});
