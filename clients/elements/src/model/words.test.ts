import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { namePieces } from './words.ts';

describe('a name that is one long word, on a phone', () => {
  it.each([
    ['ArchiveOriginalDocument', ['Archive', 'Original', 'Document']],
    ['SendToHTTPEndpoint2Now', ['Send', 'To', 'HTTP', 'Endpoint2', 'Now']],
    ['recalculate_line_item_totals', ['recalculate_', 'line_', 'item_', 'totals']],
    ['ÜberprüfeÄnderung', ['Überprüfe', 'Änderung']],
    ['States.TaskFailed', ['States.', 'Task', 'Failed']],
    ['Look at each tile', ['Look at each tile']],
    ['METADATA', ['METADATA']],
    ['', ['']],
  ])('%j breaks between its words: it broke anywhere in them', (name, pieces) => {
    expect(namePieces(name)).toEqual(pieces);
  });

  it('loses and gains nothing', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => namePieces(name).join('') === name));
  });
});
