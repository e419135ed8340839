import { describe, expect, it } from 'vitest';
import { sessionStore } from './session.ts';

function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (key) => items.get(key) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (key) => void items.delete(key),
    setItem: (key, value) => void items.set(key, value),
  };
}

describe('sessionStore', () => {
  const session = { username: 'alice', idToken: 'header.payload.signature', expiresAtMs: 1_000_000 };

  it('keeps each person apart', () => {
    const store = sessionStore(memoryStorage());
    store.save(session);
    expect(store.load('alice', 0)).toEqual(session);
    expect(store.load('bob', 0)).toBeUndefined();
  });

  it('does not give a session that is over or about to be', () => {
    const store = sessionStore(memoryStorage());
    store.save(session);
    expect(store.load('alice', 939_000)).toEqual(session);
    expect(store.load('alice', 940_000)).toBeUndefined();
  });

  it('forgets on sign-out, and takes nothing that it did not write', () => {
    const storage = memoryStorage();
    const store = sessionStore(storage);
    store.save(session);
    store.clear('alice');
    expect(store.load('alice', 0)).toBeUndefined();
    storage.setItem('stepcast.session.alice', '{"username":"alice"}');
    expect(store.load('alice', 0)).toBeUndefined();
  });
});
