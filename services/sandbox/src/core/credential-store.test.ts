import { describe, expect, it } from 'vitest';
import { createCredentialStore } from './credential-store.ts';

const principal = { kind: 'service', accountId: '111122223333', roleName: 'publisher' } as const;

describe('credential store', () => {
  it('knows the keys it issued, with their principal, and no others', () => {
    const store = createCredentialStore({ now: () => 1_000 });
    const issued = store.issue({ principal, lifetimeMs: undefined });
    expect(issued).toMatchObject({ principal, expiresAtMs: undefined, sessionToken: undefined });
    expect(issued.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(store.find(issued.accessKeyId)).toBe(issued);
    expect(store.find('AKIAIOSFODNN7EXAMPLE')).toBeUndefined();
  });

  it('gives temporary keys a session token that needs encoding in a query', () => {
    const issued = createCredentialStore({ now: () => 1_000 }).issue({ principal, lifetimeMs: 5_000 });
    expect(issued.accessKeyId).toMatch(/^ASIA/);
    expect(issued.expiresAtMs).toBe(6_000);
    expect(issued.sessionToken).toMatch(/\+.*\/.*=$/s);
  });

  it('remembers an expired key for an hour and then forgets it', () => {
    let now = 0;
    const store = createCredentialStore({ now: () => now });
    const lasting = store.issue({ principal, lifetimeMs: undefined });
    const old = store.issue({ principal, lifetimeMs: 1_000 });
    now = 1_000 + 3_599_999;
    store.issue({ principal, lifetimeMs: 1_000 });
    expect(store.find(old.accessKeyId)).toBe(old);
    now += 1;
    store.issue({ principal, lifetimeMs: 1_000 });
    expect(store.find(old.accessKeyId)).toBeUndefined();
    expect(store.find(lasting.accessKeyId)).toBe(lasting);
  });

  it('never issues the same key twice', () => {
    const store = createCredentialStore({ now: () => 0 });
    const ids = Array.from({ length: 1_000 }, () => store.issue({ principal, lifetimeMs: 1 }).accessKeyId);
    expect(new Set(ids).size).toBe(1_000);
  });
});
