import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { checkFilter, filterMatches, keepAliveSeconds, topicProblem } from './limits.ts';

const level = fc.constantFrom('a', 'b', '', 'us-east-1:1f0e');
const topic = fc.array(level, { minLength: 1, maxLength: 8 }).map((levels) => levels.join('/'));

describe('topic filters', () => {
  it('match themselves, and any topic of as many levels through plus signs', () => {
    fc.assert(
      fc.property(topic, (name) => {
        expect(filterMatches(name, name)).toBe(true);
        expect(filterMatches(name.replace(/[^/]+|(?<=^|\/)(?=\/|$)/g, '+'), name)).toBe(true);
      }),
    );
  });

  it('with a # match what is below and never the parent itself', () => {
    fc.assert(
      fc.property(topic, topic, (parent, child) => {
        expect(filterMatches(`${parent}/#`, `${parent}/${child}`)).toBe(true);
        expect(filterMatches(`${parent}/#`, parent)).toBe(false);
      }),
    );
  });

  it.each([
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/+/c', 'a/b/c', true],
    ['+/b', 'a/b', true],
    ['a', 'A', false],
    ['a', 'a/', false],
    ['#', 'a', true],
    ['#', '$aws/x', false],
    ['+/x', '$aws/x', false],
  ])('%s on %s: %s', (filter, name, matches) => {
    expect(filterMatches(filter, name)).toBe(matches);
  });

  it.each([
    '',
    'a/#/b',
    'a#',
    'a/b+',
    '$share/g',
    '$share//a',
    '$share/g+/a',
    '$share/g/',
    '$aws/a',
    '$share/g/$aws/a',
    '__proto__',
  ])('refuses %j', (filter) => {
    expect(checkFilter(filter).ok).toBe(false);
  });

  it('does not count what stands before the filter of a shared subscription', () => {
    const filter = '1/2/3/4/5/6/7/8';
    expect(checkFilter(`$share/group/${filter}`)).toEqual({ ok: true, parsed: { share: 'group', filter } });
    expect(checkFilter(`$share/group/${filter}/9`)).toMatchObject({ ok: false, reasonCode: 0x8f });
  });

  it('counts bytes, not characters', () => {
    expect(topicProblem('ä'.repeat(128))).toBeUndefined();
    expect(topicProblem('ä'.repeat(129))).toMatch(/256 bytes/);
    expect(checkFilter('ä'.repeat(129)).ok).toBe(false);
  });
});

describe('keep-alive', () => {
  it.each([
    [0, 1_200],
    [1, 30],
    [30, 30],
    [60, 60],
    [1_200, 1_200],
    [65_535, 1_200],
  ])('%i s becomes %i s', (asked, granted) => {
    expect(keepAliveSeconds(asked)).toBe(granted);
  });
});
