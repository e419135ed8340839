import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { takeToken, tokenIn } from './api/token.ts';
import { hashOf, routeOf, VIEWS } from './route.ts';

describe('the address of a view', () => {
  it('leads back to the view, whatever is named', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VIEWS), fc.string({ unit: 'grapheme' }), (view, what) => {
        expect(routeOf(hashOf({ view, what }))).toEqual({ view, what });
      }),
    );
  });

  it('leads to the overview where it is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { view } = routeOf(`#/x${text}`);
        expect(view).toBe('overview');
      }),
    );
  });
});

describe('the token of the operator', () => {
  const pageAt = (hash: string, before: Readonly<Record<string, string>> = {}) => {
    const stored = new Map(Object.entries(before));
    const addresses: string[] = [];
    const page = {
      location: { hash, pathname: '/ops/', search: '' },
      history: { replaceState: (_data: unknown, _title: string, url: string) => addresses.push(url) },
      sessionStorage: {
        getItem: (key: string) => stored.get(key) ?? null,
        setItem: (key: string, value: string) => stored.set(key, value),
      },
    };
    return { page, stored, addresses };
  };

  it('is taken out of the address and stored for this tab', () => {
    const { page, stored, addresses } = pageAt('#token=abc-123');
    expect(takeToken(page)).toBe('abc-123');
    expect(addresses).toEqual(['/ops/']);
    expect([...stored.values()]).toEqual(['abc-123']);
  });

  it('is that of this tab where the address has none, and the address stays', () => {
    const { page, addresses } = pageAt('#/streams?what=token', { 'stepcast.operator-token': 'stored' });
    expect(takeToken(page)).toBe('stored');
    expect(addresses).toEqual([]);
    expect(takeToken(pageAt('').page)).toBeUndefined();
  });

  it('is read as it was written, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.uuid(), (token) => {
        expect(tokenIn(`#token=${token}`)).toBe(token);
        expect(tokenIn(`#/token=${token}`)).toBeUndefined();
      }),
    );
    expect(tokenIn('#token=')).toBeUndefined();
    expect(tokenIn('#token=%20')).toBeUndefined();
  });
});
