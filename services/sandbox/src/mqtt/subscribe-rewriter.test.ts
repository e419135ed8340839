import { describe, expect, it } from 'vitest';
import { fromWire, rewriteSubscribe, toWire } from './subscribe-rewriter.ts';

const subscriptions = (...topics: string[]) => topics.map((topic) => ({ topic, qos: 1 as const }));

describe('rewriting a SUBSCRIBE', () => {
  it('leaves ordinary filters as they are', () => {
    const rewritten = rewriteSubscribe(subscriptions('a', 'b/#'), new Set());
    expect(rewritten.changed).toBe(false);
    expect(rewritten.codesFor([1, 0x87])).toEqual([1, 0x87]);
  });

  it('hides shared subscriptions from the broker and finds them again', () => {
    const rewritten = rewriteSubscribe(subscriptions('$share/g/a/+'), new Set());
    expect(rewritten.changed).toBe(true);
    expect(rewritten.subscriptions.map(({ topic }) => fromWire(topic))).toEqual(['$share/g/a/+']);
    expect(toWire('a')).toBe('a');
  });

  it('puts its own refusals into the answer, at their places', () => {
    const rewritten = rewriteSubscribe(subscriptions('a', 'b/#/c', 'd'), new Set());
    expect(fromWire(rewritten.subscriptions[1]?.topic ?? '')).toBeUndefined();
    expect(rewritten.codesFor([1, 0x87, 0x87])).toEqual([1, 0x8f, 0x87]);
  });

  it('answers for each of several equal filters, though the broker answers once', () => {
    const rewritten = rewriteSubscribe(subscriptions('a', 'b', 'a'), new Set());
    expect(rewritten.codesFor([0, 1])).toEqual([0, 1, 0]);
  });

  it('knows that names made of digits come first in the broker', () => {
    const rewritten = rewriteSubscribe(subscriptions('b', '7', 'b'), new Set());
    expect(rewritten.codesFor([0, 1])).toEqual([1, 0, 1]);
  });

  it('counts only new filters against the 50 of a connection', () => {
    const held = new Set(Array.from({ length: 49 }, (_, i) => `held/${i}`));
    const rewritten = rewriteSubscribe(subscriptions('held/0', 'new/1', 'new/1', 'new/2'), held);
    expect(rewritten.codesFor([1, 1, 0x87])).toEqual([1, 1, 1, 0x97]);
  });
});
