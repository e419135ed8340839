import { LETTER_EXPLANATIONS, type LetterExplanation } from './explanations.ts';

export interface ExplainedCode extends LetterExplanation {
  readonly code: string;
}

export function explainCode(code: string): ExplainedCode | undefined {
  if (!Object.hasOwn(LETTER_EXPLANATIONS, code)) return undefined;
  const explanation = LETTER_EXPLANATIONS[code];
  return explanation === undefined ? undefined : { code, ...explanation };
}

/** Links by their text. */
export function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^[\]]{0,200})\]\([^()]{0,200}\)/g, '$1');
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
