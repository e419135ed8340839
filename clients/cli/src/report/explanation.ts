import type { Explanation } from '../domain/explain/explanation.ts';
import { wrap, type TextStyle } from './human.ts';
import { printable } from './lines.ts';

/** The meaning of an error message, for people. */
export function renderExplanation(explanation: Explanation, { color, width }: TextStyle): string {
  const paint = (text: string, code: number) => (color ? `\u001B[${code}m${text}\u001B[0m` : text);
  const list = (title: string, items: readonly string[], code: number) =>
    items.length === 0 ? [] : ['', `${title}:`, ...items.map((item) => `  ${paint(printable(item), code)}`)];
  return `${[
    paint(`${explanation.title} [${explanation.code}]`, 1),
    '',
    ...wrap(explanation.cause, width),
    ...list('in the message', explanation.details, 0),
    ...list('check', explanation.check, 0),
    ...list('repair', explanation.repair, 36),
  ].join('\n')}\n`;
}
