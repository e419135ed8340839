import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainCode } from '@stepcast/operations';
import { findRunbook } from '../../adapters/documents.adapter.ts';
import { explanationJson } from './explanation.ts';

/** Anchors of a document's headings, as Markdown is rendered. */
function anchorsIn(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The sections of the runbook whose heading is a code. */
const codes = [...readFileSync(findRunbook() ?? '', 'utf8').matchAll(/^### `([A-Z_]+)`$/gm)].flatMap(
  ([, code]) => code ?? [],
);

describe('an explanation for programs', () => {
  it.each(codes)('%s leads to files and headings that exist: a link led nowhere outside of docs', (code) => {
    const explained = explainCode(code);
    if (explained === undefined) throw new Error(code);
    const { runbook, links, what, look, mend } = explanationJson(explained);
    expect(runbook?.heading).toBe(code);
    for (const { path, anchor } of [...links, ...(runbook === null ? [] : [runbook])]) {
      expect(isAbsolute(path)).toBe(true);
      expect([...anchorsIn(path), null]).toContain(anchor);
    }
    expect(`${what}${look}${mend}`).not.toContain('](');
  });

  it('says that there is no runbook where the documents were left out, and has its words all the same', () => {
    const explained = explainCode('CORRELATOR_BATCH_INVALID');
    if (explained === undefined) throw new Error('unknown');
    const json = explanationJson({ ...explained, mend: 'See [there](#there).' }, undefined);
    expect(json.mend).toBe('See there.');
  });
});
