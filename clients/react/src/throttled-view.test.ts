import { ManualRuntime } from '@stepcast/web/testing';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ThrottledView, ViewSet } from './throttled-view.ts';

/** A view of a number, with what it showed and when. */
function bench(throttleMs: number) {
  const runtime = new ManualRuntime(0);
  const source = { value: 0 };
  const view = new ThrottledView(() => source.value, throttleMs, runtime.setTimer.bind(runtime));
  const shown: { readonly value: number; readonly atMs: number }[] = [];
  const stop = view.listen(() => shown.push({ value: view.value, atMs: runtime.now() }));
  const set = (value: number, urgent = false) => {
    source.value = value;
    view.offer(urgent);
  };
  return { runtime, source, view, shown, stop, set };
}

describe('a throttled view', () => {
  it('shows the first change at once, and the newest of the others when the time is over', async () => {
    const { runtime, shown, set } = bench(100);
    set(1);
    set(2);
    set(3);
    expect(shown).toEqual([{ value: 1, atMs: 0 }]);
    await runtime.advance(99);
    expect(shown).toHaveLength(1);
    await runtime.advance(1);
    expect(shown.at(-1)).toEqual({ value: 3, atMs: 100 });
    await runtime.advance(100);
    set(4);
    expect(shown.at(-1)).toEqual({ value: 4, atMs: 200 });
  });

  it('tells nobody of a change that was taken back, and does not start to wait for it', async () => {
    const { runtime, shown, set } = bench(100);
    set(0);
    expect(runtime.pending).toBe(0);
    set(1);
    set(2);
    set(1);
    await runtime.advance(100);
    expect(shown).toEqual([{ value: 1, atMs: 0 }]);
  });

  it('is at rest when nobody listens, and does not move what it shows', async () => {
    const { runtime, shown, stop, set, view } = bench(100);
    set(1);
    set(2);
    stop();
    stop();
    expect(runtime.pending).toBe(0);
    await runtime.advance(1_000);
    expect({ shown: shown.length, value: view.value }).toEqual({ shown: 1, value: 1 });
  });

  it('never shows more often than allowed, never goes back, and ends with the newest, whatever happens when', async () => {
    const act = fc.record({
      waitMs: fc.integer({ min: 0, max: 250 }),
      changes: fc.boolean(),
      urgent: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.array(act), async (throttleMs, acts) => {
        const { runtime, shown, set, source, view } = bench(throttleMs);
        const urgentAtMs = new Set<number>();
        for (const { waitMs, changes, urgent } of acts) {
          await runtime.advance(waitMs);
          if (urgent) urgentAtMs.add(runtime.now());
          set(source.value + (changes ? 1 : 0), urgent);
          if (urgent) expect(view.value).toBe(source.value);
        }
        await runtime.advance(throttleMs);
        expect(view.value).toBe(source.value);
        for (const [index, { value, atMs }] of shown.entries()) {
          const before = shown[index - 1] ?? { value: 0, atMs: -throttleMs };
          expect(value).toBeGreaterThan(before.value);
          if (!urgentAtMs.has(atMs)) expect(atMs - before.atMs).toBeGreaterThanOrEqual(throttleMs);
        }
      }),
    );
  });
});

describe('a set of views', () => {
  it('has one view for all who listen by one name, until the last of them leaves', () => {
    const views = new ViewSet<number>();
    let made = 0;
    const make = () => {
      made += 1;
      return new ThrottledView(
        () => made,
        0,
        () => () => undefined,
      );
    };
    const ignore = () => undefined;
    const first = views.listen('a', make, ignore);
    const second = views.listen('a', make, ignore);
    const other = views.listen('b', make, ignore);
    expect([made, views.value('a'), views.value('b'), views.value('c')]).toEqual([2, 1, 2, undefined]);
    first();
    expect(views.value('a')).toBe(1);
    second();
    other();
    expect([views.watched, views.value('a')]).toEqual([false, undefined]);
  });
});
