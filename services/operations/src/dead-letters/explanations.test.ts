import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainCode, linesOfExplanation } from './explain.ts';
import { LETTER_EXPLANATIONS } from './explanations.ts';

const RUNBOOK = join(import.meta.dirname, '../../../../docs/operations/runbook.md');

/** The sections of the runbook on dead-letter codes, by code, paragraph by paragraph. */
function sections(): ReadonlyMap<string, readonly string[]> {
  const [, codes = ''] = readFileSync(RUNBOOK, 'utf8').split('\n## Dead-letter codes\n');
  return new Map(
    codes
      .split('\n### ')
      .slice(1)
      .map((section) => {
        const [heading = '', ...paragraphs] = section.trim().split('\n\n');
        return [heading.replaceAll('`', ''), paragraphs];
      }),
  );
}

describe('the explanation of a dead-letter code', () => {
  it('has the words of its section in the runbook, and every section has one', () => {
    const written = [...sections()].map(([code, paragraphs]) => ({ code, paragraphs }));
    const known = Object.entries(LETTER_EXPLANATIONS).map(([code, { kind, what, look, mend }]) => ({
      code,
      paragraphs: [
        `**What:** ${what}${kind === '' ? '' : ` _(${kind})_`}`,
        `**How to look:** ${look}`,
        `**How to mend:** ${mend}`,
      ],
    }));
    expect(written.length).toBeGreaterThan(20);
    expect(known.toSorted(byCode)).toEqual(written.toSorted(byCode));
  });

  it('reads well in a terminal', () => {
    const explained = explainCode('CORRELATOR_BATCH_INVALID');
    const text = explained === undefined ? '' : linesOfExplanation(explained).join('\n');
    expect(text).toMatch(/^CORRELATOR_BATCH_INVALID \(poison\)\n\nWhat: +A message on the events queue/);
    expect(text).not.toMatch(/[`\]]|\*\*/);
    expect(explainCode('NO_SUCH_CODE')).toBeUndefined();
  });
});

function byCode(one: { readonly code: string }, other: { readonly code: string }): number {
  return one.code < other.code ? -1 : 1;
}
