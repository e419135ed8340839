import { LETTER_EXPLANATIONS, type LetterExplanation } from './explanations.ts';

export interface ExplainedCode extends LetterExplanation {
  readonly code: string;
}

export function explainCode(code: string): ExplainedCode | undefined {
  if (!Object.hasOwn(LETTER_EXPLANATIONS, code)) return undefined;
  const explanation = LETTER_EXPLANATIONS[code];
  return explanation === undefined ? undefined : { code, ...explanation };
}

/** Markdown as a terminal shows it: links by their text, no marks of code. */
export function plainWords(markdown: string): string {
  return markdown.replaceAll(/\[([^[\]]{0,200})\]\([^()]{0,200}\)/g, '$1').replaceAll('`', '');
}

export function linesOfExplanation({ code, kind, what, look, mend }: ExplainedCode): readonly string[] {
  return [
    kind === '' ? code : `${code} (${kind})`,
    '',
    `What:         ${plainWords(what)}`,
    `How to look:  ${plainWords(look)}`,
    `How to mend:  ${plainWords(mend)}`,
  ];
}
