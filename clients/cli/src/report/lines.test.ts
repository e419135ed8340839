import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { columns, duration, headOf, pairs, printable, printableLine } from './lines.ts';

describe('lines for people', () => {
  it('never hold a character that moves the cursor, colours or reverses, whatever a name holds', () => {
    const nasty = fc.constantFrom(
      '\u001b[2J',
      '\r',
      '\u0007',
      '\u202e',
      '\u2066',
      '\u009b31m',
      'a',
      'ö',
      '📷',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' }))), (parts) => {
        const shown = printable(parts.join(''));
        expect(shown).not.toMatch(/(?!\n)\p{Cc}|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
    expect(printable('a\u001b[31mb\u202ec📷')).toBe('a\\x1b[31mb\\u202ec📷');
  });

  it('stay one line, whatever a name holds: an object named "photo\\n  owner  somebody" made a line of its own', () => {
    expect(printableLine('photo\n  owner  somebody\r\n')).toBe('photo\\n  owner  somebody\\x0d\\n');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printableLine(text)).not.toMatch(/\p{Cc}|[\u2028\u2029]/u);
        expect(printable(text).split('\n').map(printableLine)).toEqual(printable(text).split('\n'));
      }),
    );
  });

  it('stand in columns', () => {
    expect(
      columns(
        ['A', 'LONG'],
        [
          ['x', 'y'],
          ['longer', ''],
        ],
      ),
    ).toEqual(['A       LONG', 'x       y', 'longer']);
    expect(columns(['A'], [])).toEqual([]);
    expect(
      pairs([
        ['a', '1'],
        ['left out', undefined],
        ['bcd', '2'],
      ]),
    ).toEqual(['a    1', 'bcd  2']);
  });

  it.each([
    [400, '0 s'],
    [59_000, '59 s'],
    [3_599_000, '59 min 59 s'],
    [7_260_000, '2 h 1 min'],
    [200_000_000, '2 d 7 h'],
  ])('say %d ms as %s', (ms, says) => {
    expect(duration(ms)).toBe(says);
  });

  it('say by "…" that something was cut: a long reason ended in the middle of a word', () => {
    expect(headOf('short', 5)).toBe('short');
    expect(headOf('longer', 5)).toBe('long…');
    expect(headOf('one line\n', 20)).toBe('one line');
    expect(headOf('one line\nand another', 20)).toBe('one line…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, characters) => {
        const head = headOf(text, characters);
        expect(head.length).toBeLessThanOrEqual(characters);
        expect(head.isWellFormed()).toBe(true);
        expect(head === text.trimEnd() || head.endsWith('…')).toBe(true);
      }),
    );
  });
});
