import { describe, expect, it } from 'vitest';
import { TextMeter } from './text-meter.ts';

/** Widths are estimated: 7.4 pixels for each letter of a title. */
const meter = new TextMeter(null, 'sans-serif');
const lines = (text: string, letters: number) => meter.lines(text, letters * 7.4, 'title');

describe('the name of a state in the graph', () => {
  it('has a second line, broken between words: what did not fit was cut off, and nowhere to be seen on a phone', () => {
    expect(lines('ArchiveOriginalDocumentInLongTermStorage', 24)).toEqual([
      'ArchiveOriginalDocument',
      'InLongTermStorage',
    ]);
    expect(lines('Look at each tile', 12)).toEqual(['Look at each', 'tile']);
    expect(lines('Short', 12)).toEqual(['Short']);
  });

  it('is cut off where two lines are too few, or a word is too long', () => {
    expect(lines('OneTwoThreeFourFiveSix', 8)).toEqual(['OneTwo', 'ThreeFo…']);
    expect(lines('abcdefghijklmnop', 8)).toEqual(['abcdefg…']);
  });
});
