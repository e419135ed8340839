import * as z from 'zod/mini';
import { type ErrorSummary, parseJson } from '@stepcast/contracts';

const MAX_LENGTH = 256;
/** Nobody's first line is longer; it bounds the work that a hostile cause can make. */
const MAX_LOOKED_AT = 4_096;

/** What Lambda puts into `cause`. The stack trace beside these two is left where it is. */
const LambdaCause = z.object({
  errorMessage: z.optional(z.string()),
  errorType: z.optional(z.string()),
});

const at = /\sat /g;
/** The rest of a line of a stack trace, at the place where it is looked for. */
const frame = /[\w$.<>[\] ]{1,81}\([^)]{0,200}\)/y;

/** Where a stack trace begins that somebody flattened into the message; the length when there is none. */
function stackAt(text: string): number {
  const python = text.indexOf('Traceback (most recent call last)');
  const end = python < 0 ? text.length : python;
  for (const { index, 0: word } of text.slice(0, end).matchAll(at)) {
    frame.lastIndex = index + word.length;
    if (frame.test(text)) return index;
  }
  return end;
}

function clean(text: string): string {
  const looked = text.slice(0, MAX_LOOKED_AT).toWellFormed();
  return (
    looked
      .slice(0, stackAt(looked))
      // Anything that can carry an account, a credential or a person's session does not leave.
      .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/\S+/gi, '[url]')
      .replace(/\barn:aws[a-z-]*:\S+/gi, '[arn]')
      .replace(/\b(?:A3T|AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, '[key]')
      .replace(/\beyJ[\w-]{8,}(?:\.[\w-]+)*/g, '[token]')
      // Control characters, also the invisible ones that reorder or hide text.
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .replace(/ {2,}/g, ' ')
      .trim()
  );
}

/** At most 256 UTF-16 units, not ending in half a character. */
function cut(text: string): string {
  return text.length <= MAX_LENGTH
    ? text
    : `${text.slice(0, MAX_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function firstLine(text: string): string {
  const line = text
    .slice(0, MAX_LOOKED_AT)
    .split(/[\r\n\u2028\u2029]/)
    .find((candidate) => candidate.trim() !== '');
  return clean(line ?? '');
}

/** A text as people may see it: its first line that is not empty, cleaned as messages of errors are, at most 256 characters. */
export function cleanLine(text: string): string {
  return cut(firstLine(text));
}

/**
 * Reduces an error to its name and one cleaned line, each at most 256 characters. URLs, ARNs, credentials, control
 * characters and stack traces are taken out. A cause in the form of a Lambda error
 * (`{"errorMessage":…,"errorType":…}`) is understood; any other JSON is data of the workflow, and left out whole.
 * @param error as in `details.error`
 * @param cause as in `details.cause`
 * @returns undefined when neither says anything
 */
export function summariseError(
  error: string | undefined,
  cause: string | undefined,
): ErrorSummary | undefined {
  if (error === undefined && cause === undefined) return undefined;
  const text = cause?.trimStart() ?? '';
  const lambda = text.startsWith('{') ? parseJson(LambdaCause, text) : undefined;
  const looksLikeData = /^[[{"]/.test(text);
  const errorType = lambda?.ok === true ? lambda.value.errorType : undefined;
  const message =
    lambda?.ok === true ? firstLine(lambda.value.errorMessage ?? '') : looksLikeData ? '' : firstLine(text);
  const name = [error, errorType]
    .map((candidate) => cleanLine(candidate ?? ''))
    .find((candidate) => candidate !== '');
  if (name === undefined && message === '') return undefined;
  return { name: name ?? 'Unknown', ...(message === '' ? {} : { message: cut(message) }) };
}
