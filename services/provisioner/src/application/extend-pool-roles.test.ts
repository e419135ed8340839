import { silentLogger } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { MappingRule, PoolRoles } from '../domain/pool-roles.ts';
import { PoolRolesBusyError, PoolRolesChangedError, PoolRolesConflictError } from '../errors.ts';
import { InMemoryPoolRoles } from '../testing/index.ts';
import { createExtendPoolRoles } from './extend-pool-roles.ts';

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const provider = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh:7h2k9q0m4v8t1c6r3p5s0w2x9z';
const rule = (group: string, roleName: string): MappingRule => ({
  Claim: 'cognito:groups',
  MatchType: 'Contains',
  Value: group,
  RoleARN: role(roleName),
});
const mapping = (...rules: MappingRule[]) => ({
  Type: 'Rules' as const,
  AmbiguousRoleResolution: 'Deny' as const,
  RulesConfiguration: { Rules: rules },
});
const pool: PoolRoles = {
  Roles: { authenticated: role('signed-in'), unauthenticated: role('guest') },
  RoleMappings: {
    'graph.facebook.com': mapping(rule('x', 'x')),
    [provider]: mapping(rule('admins', 'admin')),
  },
};
const wanted = {
  provider,
  groups: [
    { group: 'speakers', roleArn: role('speaker') },
    { group: 'listeners', roleArn: role('listener') },
  ],
};

function extending(store: InMemoryPoolRoles, time = new ManualTime()) {
  return createExtendPoolRoles({ store, timers: time, random: () => 0, logger: silentLogger });
}

describe('adding a role mapping to the pool', () => {
  it('keeps both roles, other providers, other rules, and what happens to people whom no rule fits', async () => {
    const store = new InMemoryPoolRoles(pool);
    await expect(extending(store)(wanted)).resolves.toBe('changed');
    expect(store.roles).toEqual({
      ...pool,
      RoleMappings: {
        ...pool.RoleMappings,
        [provider]: mapping(
          rule('admins', 'admin'),
          rule('speakers', 'speaker'),
          rule('listeners', 'listener'),
        ),
      },
    });
  });

  it('writes nothing when everything is there', async () => {
    const store = new InMemoryPoolRoles(pool);
    const extend = extending(store);
    await extend(wanted);
    await expect(extend(wanted)).resolves.toBe('unchanged');
    expect(store.history).toHaveLength(2);
  });

  it('gives a group another role instead of a second rule', async () => {
    const store = new InMemoryPoolRoles(pool);
    const extend = extending(store);
    await extend(wanted);
    await extend({ provider, groups: [{ group: 'speakers', roleArn: role('other') }] });
    expect(store.roles.RoleMappings?.[provider]?.RulesConfiguration?.Rules).toEqual([
      rule('admins', 'admin'),
      rule('listeners', 'listener'),
      rule('speakers', 'other'),
    ]);
  });

  it('lets people whom no rule fits have the authenticated role where there was no mapping', async () => {
    const store = new InMemoryPoolRoles({ Roles: pool.Roles });
    await extending(store)(wanted);
    expect(store.roles.RoleMappings?.[provider]?.AmbiguousRoleResolution).toBe('AuthenticatedRole');
    expect(store.roles.Roles).toEqual(pool.Roles);
  });

  it.each<[string, PoolRoles, typeof wanted, RegExp]>([
    ['a pool without an authenticated role', { Roles: {} }, wanted, /no authenticated role/],
    [
      'a provider whose roles come from the token',
      { Roles: pool.Roles, RoleMappings: { [provider]: { Type: 'Token' } } },
      wanted,
      /Type Token/,
    ],
    [
      'groups of which one name contains the other',
      pool,
      { provider, groups: ['speaker', 'non-speaker'].map((group) => ({ group, roleArn: role('r') })) },
      /contained in/,
    ],
    [
      'more than 25 rules',
      pool,
      {
        provider,
        groups: Array.from({ length: 25 }, (_, n) => ({ group: `g${n + 10}`, roleArn: role('r') })),
      },
      /26 rules/,
    ],
    [
      'more than 10 providers',
      {
        Roles: pool.Roles,
        RoleMappings: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`p${n}`, mapping()])),
      },
      wanted,
      /11 providers/,
    ],
  ])('refuses %s, and writes nothing', async (_name, before, asked, message) => {
    const store = new InMemoryPoolRoles(before);
    const extended = extending(store)(asked);
    await expect(extended).rejects.toThrow(message);
    await expect(extended).rejects.toBeInstanceOf(PoolRolesConflictError);
    expect(store.history).toEqual([before]);
  });

  it('begins anew when Cognito says that somebody else is writing, and gives up after five times', async () => {
    const store = new InMemoryPoolRoles(pool);
    store.busyWrites = 3;
    const time = new ManualTime();
    const extended = extending(store, time)(wanted);
    await time.advance(60_000);
    await expect(extended).resolves.toBe('changed');

    const busy = new InMemoryPoolRoles(pool);
    busy.busyWrites = 100;
    const refused = extending(busy, time)(wanted).catch((thrown: unknown) => thrown);
    await time.advance(60_000);
    await expect(refused).resolves.toBeInstanceOf(PoolRolesBusyError);
    expect(busy.busyWrites).toBe(95);
  });

  it('refuses to call it done when reading back shows something else, and does not write over it', async () => {
    let reads = 0;
    const store: InMemoryPoolRoles = new InMemoryPoolRoles(pool, async (call) => {
      await Promise.resolve();
      reads += call === 'read' ? 1 : 0;
      // Somebody with seed-like advice sets only the authenticated role, right before we read back.
      if (call === 'read' && reads === 3) store.roles = { Roles: { authenticated: role('kvs') } };
    });
    const extended = extending(store)(wanted);
    await expect(extended).rejects.toBeInstanceOf(PoolRolesChangedError);
    await expect(extended).rejects.toThrow(/role authenticated, role unauthenticated, mapping of/);
    expect(store.roles).toEqual({ Roles: { authenticated: role('kvs') } });
  });

  it('loses nothing in any interleaving of its own callers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 5 }), async (scheduler, writers) => {
        const store = new InMemoryPoolRoles(pool, (call) => scheduler.schedule(Promise.resolve(), call));
        const extend = extending(store);
        const all = Promise.all(
          Array.from({ length: writers }, (_, n) =>
            extend({ provider: `p${n}`, groups: [{ group: 'g', roleArn: role(`r${n}`) }] }),
          ),
        );
        await scheduler.waitFor(all);
        expect(Object.keys(store.roles.RoleMappings ?? {}).toSorted()).toEqual(
          [
            ...Object.keys(pool.RoleMappings ?? {}),
            ...Array.from({ length: writers }, (_, n) => `p${n}`),
          ].toSorted(),
        );
        expect(store.roles.Roles).toEqual(pool.Roles);
      }),
    );
  });

  it('beside a foreign writer: what it calls done was there, and it undoes only what came in the one unlocked moment', async () => {
    let [undone, done, refused] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const calls: string[] = [];
        const store = new InMemoryPoolRoles(pool, (call) =>
          scheduler.schedule(Promise.resolve(), call).then(() => calls.push(call)),
        );
        const foreign = scheduler.schedule(Promise.resolve(), 'foreign').then(() => {
          calls.push('foreign');
          store.roles = {
            Roles: store.roles.Roles,
            RoleMappings: { ...store.roles.RoleMappings, foreign: mapping(rule('f', 'f')) },
          };
        });
        const time = new ManualTime();
        const extended = extending(
          store,
          time,
        )(wanted).then(
          () => 'done' as const,
          (thrown: unknown) => thrown,
        );
        // Pauses between attempts pass as soon as somebody waits for them.
        const pump = (async () => {
          for (let turn = 0; turn < 20; turn += 1) await time.advance(10_000);
        })();
        await scheduler.waitFor(Promise.all([foreign, pump]));
        const outcome = await scheduler.waitFor(
          Promise.race([extended, time.advance(60_000).then(() => extended)]),
        );
        const foreignAt = calls.indexOf('foreign');
        const inUnlockedMoment = calls[foreignAt - 1] === 'read' && calls[foreignAt + 1] === 'write';
        const survives = store.roles.RoleMappings?.['foreign'] !== undefined;
        if (outcome === 'done') {
          done += 1;
          expect(store.roles.RoleMappings?.[provider]?.RulesConfiguration?.Rules).toHaveLength(3);
          expect(survives || inUnlockedMoment).toBe(true);
        } else {
          refused += 1;
          expect(outcome).toBeInstanceOf(PoolRolesChangedError);
          expect(survives).toBe(true);
        }
        if (!survives) undone += 1;
        expect(store.roles.Roles).toEqual(pool.Roles);
      }),
      { numRuns: 300 },
    );
    // The interleavings reach every ending; a property that saw only one would say little.
    expect(Math.min(done, refused, undone)).toBeGreaterThan(0);
  });
});
