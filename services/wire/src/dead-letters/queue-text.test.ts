import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readJson } from '@stepcast/contracts';
import { queueText } from './queue-text.ts';

describe('the body of a queue message', () => {
  it('is JSON of the value, without the two characters that SQS refuses', () => {
    const texts = fc
      .array(fc.oneof(fc.constantFrom('\uFFFE', '\uFFFF', '\\', 'ü', '"'), fc.string()))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(texts), (value) => {
        const text = queueText(value);
        expect(text).not.toMatch(/[\uFFFE\uFFFF]/);
        expect(readJson(text)).toEqual({ ok: true, value });
      }),
    );
  });

  it('has names without them too', () => {
    // As a text: once Node 24's JSON.parse has read a name that is a backslash, it takes an escaped one in the same place for it.
    expect(queueText({ a: { '\uFFFE"': 1, 'b\uFFFF': 2 } })).toBe(
      String.raw`{"a":{"\ufffe\"":1,"b\uffff":2}}`,
    );
  });
});
