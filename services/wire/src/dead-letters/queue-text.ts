import type { DeadLetter } from './dead-letter.ts';

/** Characters of the original that a dead letter carries at most. */
export const MAX_ORIGINAL_CHARS = 200_000;
/** Characters of the reason, with a "…" where it was cut: one that lists every fault of a batch has no bound of its own. */
export const MAX_REASON_CHARS = 10_000;
/** A dead letter stays under this as UTF-8; SQS takes 1 MiB. */
const MAX_DEAD_LETTER_BYTES = 900_000;

/**
 * JSON for the body of an SQS message. SQS refuses U+FFFE and U+FFFF (SendMessage API reference), which JSON may hold
 * as they are, so those two are escaped.
 */
export function queueText(value: unknown): string {
  const text = JSON.stringify(value);
  // Searched for first: a regular expression over every text would take a third as long as writing it.
  if (!text.includes('\uFFFE') && !text.includes('\uFFFF')) return text;
  return text.replaceAll('\uFFFE', '\\ufffe').replaceAll('\uFFFF', '\\uffff');
}

/** The body of a dead letter, with `reason` and `original` cut so that SQS takes it whatever characters they are made of. */
export function deadLetterText(letter: DeadLetter): string {
  const reason =
    letter.reason.length <= MAX_REASON_CHARS
      ? letter.reason
      : `${letter.reason.slice(0, MAX_REASON_CHARS - 1)}…`;
  let original = letter.original?.slice(0, MAX_ORIGINAL_CHARS);
  for (;;) {
    const text = queueText({ ...letter, reason, original });
    if (
      original === undefined ||
      original === '' ||
      new TextEncoder().encode(text).length <= MAX_DEAD_LETTER_BYTES
    )
      return text;
    original = original.slice(0, Math.floor(original.length / 2));
  }
}
