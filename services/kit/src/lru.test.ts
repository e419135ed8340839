import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createLru } from './lru.ts';
import { ManualTime } from './testing.ts';

describe('the cache of the recently used', () => {
  it('agrees with a list that is searched from its end, and stays within its bound', () => {
    const commands = fc.array(
      fc.tuple(
        fc.constantFrom('get', 'peek', 'set', 'delete'),
        fc.nat({ max: 7 }),
        fc.integer({ min: 1, max: 40 }),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(commands, (steps) => {
        const cache = createLru<number, string>({ maxBytes: 100, bytesOf: (value) => value.length });
        let model: { key: number; value: string }[] = [];
        const bytes = () => model.reduce((sum, { value }) => sum + value.length, 0);
        for (const [command, key, length] of steps) {
          const found = model.find((entry) => entry.key === key);
          const others = model.filter((entry) => entry.key !== key);
          if (command === 'set') {
            const value = 'x'.repeat(length);
            cache.set(key, value);
            model = [...others, { key, value }];
            while (bytes() > 100) model.shift();
          } else if (command === 'delete') {
            cache.delete(key);
            model = others;
          } else {
            expect(cache[command](key)).toBe(found?.value);
            if (command === 'get' && found !== undefined) model = [...others, found];
          }
          expect([cache.size, cache.bytes]).toEqual([model.length, bytes()]);
        }
      }),
    );
  });

  it('does not store what is larger than its bound, and forgets what that was to replace', () => {
    const cache = createLru<string, string>({ maxBytes: 10, bytesOf: (value) => value.length });
    cache.set('a', 'small');
    cache.set('a', 'larger than its bound');
    expect([cache.get('a'), cache.bytes]).toEqual([undefined, 0]);
  });

  it('forgets a value when its time is over, which begins anew when it is set', async () => {
    const clock = new ManualTime();
    const cache = createLru<string, true>({ maxBytes: 10, bytesOf: () => 1, maxAge: { ms: 100, clock } });
    cache.set('set once', true);
    cache.set('set again', true);
    await clock.advance(60);
    cache.get('set once');
    cache.set('set again', true);
    await clock.advance(60);
    expect(cache.get('set once')).toBeUndefined();
    expect(cache.peek('set again')).toBe(true);
    await clock.advance(60);
    expect(cache.peek('set again')).toBeUndefined();
  });
});
