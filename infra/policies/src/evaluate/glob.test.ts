import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { compileGlob } from './glob.ts';
import { parseTemplate } from './template.ts';

function glob(pattern: string, arn = false) {
  const tokens = parseTemplate(
    pattern,
    { variables: false, wildcards: true },
    (problem) => new Error(problem),
  ).flatMap((token) => (token.kind === 'variable' ? [] : [token]));
  return compileGlob(tokens, { arn });
}

/** Another way to the same answer: a regular expression, made part by part. */
function reference(pattern: string, arn: boolean): RegExp {
  const parts = arn ? pattern.split(':') : [pattern];
  const parted = arn && parts.length > 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : parts;
  const body = parted.map((part, index) => {
    const head = arn && index < 5;
    return Array.from(part.replace(/\*+/g, '*'))
      .map((character, at, all) => {
        const last = at === all.length - 1;
        if (character === '*') return head && !last ? '[^:]*' : '.*';
        if (character === '?') return head ? '[^:]' : '.';
        return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      })
      .join('');
  });
  return new RegExp(`^${body.join(':')}$`, 'su');
}

const alphabet = fc.constantFrom('a', 'b', ':', '/', '*', '?', '+', '#', '😀', '.', '$');
const text = (maxLength: number) => fc.array(alphabet, { maxLength }).map((all) => all.join(''));

describe('wildcard matching', () => {
  it('agrees with a reference implementation on plain values', () => {
    fc.assert(
      fc.property(text(8), text(10), (pattern, value) => {
        expect(glob(pattern).matches(value)).toBe(reference(pattern, false).test(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('agrees with a reference implementation on ARN patterns', () => {
    fc.assert(
      fc.property(text(12), text(14), (pattern, value) => {
        expect(glob(pattern, true).matches(value)).toBe(reference(pattern, true).test(value));
      }),
      { numRuns: 5000 },
    );
  });

  it('agrees with the reference when the value was made from the pattern', () => {
    const pair = text(10).chain((pattern) =>
      fc.tuple(
        fc.constant(pattern),
        fc
          .tuple(
            ...Array.from(pattern).map((c) => (c === '*' ? text(4) : c === '?' ? alphabet : fc.constant(c))),
          )
          .map((all) => all.join('')),
      ),
    );
    let matched = 0;
    fc.assert(
      fc.property(pair, fc.boolean(), ([pattern, value], arn) => {
        const answer = glob(pattern, arn).matches(value);
        if (answer) matched += 1;
        expect(answer).toBe(reference(pattern, arn).test(value));
      }),
      { numRuns: 3000 },
    );
    expect(matched).toBeGreaterThan(1000);
  });

  it('takes every pattern without wildcards as exactly itself', () => {
    fc.assert(
      fc.property(text(10), text(10), (pattern, value) => {
        fc.pre(!/[*?]/.test(pattern));
        expect(glob(pattern).matches(value)).toBe(pattern === value);
      }),
    );
  });

  it('never reads a wildcard in the asked value as one', () => {
    expect(glob('stepcast/v1/own/events').matches('stepcast/v1/own/*')).toBe(false);
    expect(glob('stepcast/v1/own/*').matches('stepcast/v1/*')).toBe(false);
    expect(glob('a?c').matches('a?c')).toBe(true);
    expect(glob('abc').matches('a?c')).toBe(false);
  });

  it('keeps a wildcard inside its part of an ARN unless it is the last character of the part', () => {
    const inside = glob('arn:aws:iot:us-*-1:111122223333:topic/a', true);
    expect(inside.matches('arn:aws:iot:us-east-1:111122223333:topic/a')).toBe(true);
    expect(inside.matches('arn:aws:iot:us-x:y-1:111122223333:topic/a')).toBe(false);
    expect(glob('arn:aws:iot:us-east-?:1:x', true).matches('arn:aws:iot:us-east-1:1:x')).toBe(true);
    expect(glob('arn:aws:iot:us-east-?1:x', true).matches('arn:aws:iot:us-east-:1:x')).toBe(false);
    expect(glob('arn:aws:s3:*', true).matches('arn:aws:s3:::bucket/key')).toBe(true);
  });

  it('takes colons after the fifth as part of the resource', () => {
    const client = glob('arn:aws:iot:us-east-1:111122223333:client/us-east-1:1f0e*-x', true);
    expect(client.matches('arn:aws:iot:us-east-1:111122223333:client/us-east-1:1f0e2d:3c-x')).toBe(true);
  });

  it('answers a pattern of many stars in time that does not explode', () => {
    const before = process.threadCpuUsage();
    expect(glob('*a'.repeat(40)).matches(`${'a'.repeat(400)}b`)).toBe(false);
    expect(process.threadCpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
