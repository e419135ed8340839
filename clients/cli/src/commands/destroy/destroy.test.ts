import type { Timers } from '@stepcast/kit';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { isConfirmed } from './confirm-by-name.ts';
import { deleteStack } from './delete-stack.ts';
import { detachEverywhere } from './detach-everywhere.ts';
import type { DeployedStack, Lifecycle, StackResource } from './ports.ts';
import { whatStays } from './what-stays.ts';

const stack: DeployedStack = { id: 'arn:stack/1', name: 'stepcast', status: 'CREATE_COMPLETE', outputs: {} };
const policy: StackResource = {
  logicalId: 'Policy',
  type: 'AWS::IoT::Policy',
  status: 'DELETE_FAILED',
  reason: 'attached',
};

/** Time passes as soon as somebody waits. */
function fakeTime() {
  let now = 0;
  const timers: Timers = {
    after(delayMs, callback) {
      now += delayMs;
      queueMicrotask(callback);
      return () => undefined;
    },
  };
  return { timers, clock: { nowMs: () => now } };
}

function world(
  attached: string[],
  { pageSize = 2, failures = [] as (readonly StackResource[])[], stale = 0 } = {},
) {
  const { timers, clock } = fakeTime();
  const times: number[] = [];
  let status = 'CREATE_COMPLETE';
  let failing: readonly StackResource[] = [];
  let lists = 0;
  const lifecycle: Lifecycle = {
    timers,
    stacks: {
      find: () => Promise.resolve({ ...stack, status }),
      resources: () => Promise.resolve(failing),
      delete: () => {
        failing = failures.shift() ?? [];
        status = failing.length > 0 ? 'DELETE_FAILED' : 'DELETE_COMPLETE';
        return Promise.resolve();
      },
    },
    targets: {
      page: (_policy, marker) => {
        const from = Number(marker ?? 0);
        const next = from + pageSize;
        lists += 1;
        // What was detached is listed for a while longer.
        const listed = lists <= stale ? ['us-east-1:gone'] : attached;
        return Promise.resolve({
          targets: listed.slice(from, next),
          next: next < listed.length ? String(next) : undefined,
        });
      },
      detach: (_policy, target) => {
        times.push(clock.nowMs());
        const at = attached.indexOf(target);
        if (at >= 0) attached.splice(at, 1);
        return Promise.resolve();
      },
    },
  };
  const notes: string[] = [];
  const deleting = {
    clock,
    signal: new AbortController().signal,
    progress: () => undefined,
    deleted: () => undefined,
    note: (line: string) => {
      notes.push(line);
    },
  };
  return { lifecycle, deleting, times, notes, attached };
}

describe('detaching', () => {
  it('leaves nobody, however long the list and its pages, at no more than ten a second', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(3),
        async (people, pageSize, stale) => {
          const attached = Array.from({ length: people }, (_, index) => `us-east-1:${index}`);
          const { lifecycle, deleting, times } = world(attached, { pageSize, stale });
          const detached = await detachEverywhere(lifecycle, 'stepcast-identity', deleting);
          expect(attached).toEqual([]);
          expect(detached).toBeGreaterThanOrEqual(people);
          const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
          expect(gaps.every((gap) => gap >= 100)).toBe(true);
        },
      ),
    );
  });

  it('gives up when the policy is attached again as fast as it is taken away', async () => {
    const { lifecycle, deleting } = world(['us-east-1:a'], { stale: Number.POSITIVE_INFINITY });
    await expect(detachEverywhere(lifecycle, 'stepcast-identity', deleting)).rejects.toThrow(
      /attached again as fast as it is detached/,
    );
  });

  it('stops at once when it is asked to, and says how far it came', async () => {
    const { lifecycle, deleting, attached } = world(['us-east-1:a', 'us-east-1:b', 'us-east-1:c']);
    const controller = new AbortController();
    const stopping = {
      ...deleting,
      signal: controller.signal,
      progress: () => {
        controller.abort();
      },
    };
    await expect(detachEverywhere(lifecycle, 'stepcast-identity', stopping)).rejects.toThrow(
      'stopped: 1 detached; run it again to go on',
    );
    expect(attached).toHaveLength(2);
  });
});

describe('deleting', () => {
  it('is repeated while AWS IoT takes the policy to be attached, after a minute each time', async () => {
    const { lifecycle, deleting, notes } = world([], { failures: [[policy], [policy]] });
    await deleteStack(lifecycle, stack, 'stepcast-identity', deleting);
    expect(notes).toHaveLength(2);
    expect(deleting.clock.nowMs()).toBeGreaterThanOrEqual(120_000);
  });

  it('fails with the words of AWS when something else cannot go', async () => {
    const queue = { ...policy, type: 'AWS::SQS::Queue', logicalId: 'Events', reason: 'no right' };
    const { lifecycle, deleting } = world([], { failures: [[queue]] });
    await expect(deleteStack(lifecycle, stack, 'stepcast-identity', deleting)).rejects.toMatchObject({
      message: 'stepcast could not be deleted',
      more: ['  AWS::SQS::Queue Events: no right'],
    });
  });

  it('does not try for ever', async () => {
    const { lifecycle, deleting } = world([], { failures: Array.from({ length: 50 }, () => [policy]) });
    await expect(deleteStack(lifecycle, stack, 'stepcast-identity', deleting)).rejects.toThrow(
      /could not be deleted/,
    );
  });
});

describe('what stays', () => {
  const outputs = {
    Bucket: 'b',
    JournalTable: 'j',
    IdentityPoolId: 'us-east-1:p',
    UserPoolId: 'u',
    UserPoolClientId: 'c',
  };
  const attachment = { ...policy, type: 'AWS::Cognito::IdentityPoolRoleAttachment' };

  it('is taken up by settings, with new roles for a pool whose roles were the stack’s', () => {
    expect(whatStays({ ...stack, outputs }, [attachment]).settings).toEqual({
      bucket: 'b',
      journalTable: 'j',
      userPool: { userPoolId: 'u', userPoolClientId: 'c' },
      identityPool: { identityPoolId: 'us-east-1:p', newRoles: true },
    });
  });

  it('was printed without the identity pool once an earlier deletion had failed half-way', () => {
    const halfGone = { ...stack, status: 'DELETE_FAILED', outputs: { ...outputs, IdentityPoolRoles: 'new' } };
    expect(whatStays(halfGone, [policy]).settings.identityPool).toEqual({
      identityPoolId: 'us-east-1:p',
      newRoles: true,
    });
  });

  it('of a pool that has roles of its own is left to the settings that name them', () => {
    const withOwnRoles: readonly Record<string, string>[] = [{}, { IdentityPoolRoles: 'existing' }];
    for (const roles of withOwnRoles)
      expect(
        whatStays({ ...stack, outputs: { ...outputs, ...roles } }, [policy]).settings.identityPool,
      ).toBeUndefined();
  });
});

describe('the confirmation', () => {
  const typing = (answer: string) => ({
    confirm: () => Promise.reject(new Error('a yes is not enough')),
    type: () => Promise.resolve(answer),
  });

  it.each([
    ['stepcast-dev', true],
    ['stepcast', false],
    ['y', false],
    ['', false],
  ])('of stepcast-dev by %j is %s', async (answer, confirmed) => {
    expect(await isConfirmed(typing(answer), 'stepcast-dev')).toBe(confirmed);
  });

  it('is a yes where nothing can be typed', async () => {
    expect(await isConfirmed({ confirm: () => Promise.resolve(true) }, 'stepcast-dev')).toBe(true);
  });
});
