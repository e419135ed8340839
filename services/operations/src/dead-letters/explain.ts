import { LETTER_EXPLANATIONS, type LetterExplanation } from './explanations.ts';

export interface ExplainedCode extends LetterExplanation {
  readonly code: string;
}

export function explainCode(code: string): ExplainedCode | undefined {
  if (!Object.hasOwn(LETTER_EXPLANATIONS, code)) return undefined;
  const explanation = LETTER_EXPLANATIONS[code];
  return explanation === undefined ? undefined : { code, ...explanation };
}

const link = /\[([^[\]]{0,200})\]\(([^()]{0,200})\)/g;

/** Links by their text. */
export function withoutLinks(markdown: string): string {
  return markdown.replaceAll(link, '$1');
}

/** A link in the words of the runbook; `target` is relative to it, or an anchor in it. */
export interface RunbookLink {
  readonly text: string;
  readonly target: string;
}

export function linksIn({ what, look, mend }: LetterExplanation): readonly RunbookLink[] {
  return [what, look, mend].flatMap((markdown) =>
    [...markdown.matchAll(link)].map(([, text = '', target = '']) => ({ text, target })),
  );
}

/** The anchor of a code's heading in the runbook, as Markdown is rendered. */
export function anchorOfCode(code: string): string {
  return code.toLowerCase();
}

/** Markdown as a terminal shows it: without marks of code. */
function plain(markdown: string): string {
  return withoutLinks(markdown).replaceAll('`', '');
}

export function linesOfExplanation({ code, kind, what, look, mend }: ExplainedCode): readonly string[] {
  return [
    kind === '' ? code : `${code} (${kind})`,
    '',
    `What:         ${plain(what)}`,
    `How to look:  ${plain(look)}`,
    `How to mend:  ${plain(mend)}`,
  ];
}
