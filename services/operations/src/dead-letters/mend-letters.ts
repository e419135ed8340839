import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, QUEUE_NAMES } from '@stepcast/wire';
import type { Change } from '../changes.ts';
import { UnknownSubjectError, UsageError } from '../errors.ts';
import { oneByName } from '../one-by-name.ts';
import type { Operator } from '../operator.ts';
import { storedExecution } from '../reading/waiting.ts';
import { count } from '../words.ts';
import { explainCode } from './explain.ts';
import { resendingOf, type HeldLetter } from './letters.ts';

export interface LetterView {
  readonly id: string;
  /** Null: it is no letter of ours. */
  readonly code: string | null;
  readonly reason: string;
  readonly at?: string;
  readonly service?: string;
  readonly executionArn?: string | null;
  /** Queues that a retry sends it to; null: none takes it. */
  readonly backTo?: string | null;
  readonly bytes?: number;
}

/** Which letters. */
export interface LetterSelection {
  /** IDs, or their beginnings. */
  readonly ids: readonly string[];
  /** IDs have to be whole. */
  readonly whole: boolean;
  readonly code?: string | undefined;
  readonly all: boolean;
}

/** The queues that a letter goes back to; `-`: none takes it. */
export function backTo(resending: ReturnType<typeof resendingOf> | undefined): string {
  return resending?.ok === true ? [...new Set(resending.messages.map(({ queue }) => queue))].join(', ') : '-';
}

/** A letter without what it carries: its original may hold inputs. */
export function viewLetter({ id, letter, body }: HeldLetter): LetterView {
  if (letter === undefined) return { id, code: null, reason: 'it is no letter of ours', bytes: body.length };
  const resending = resendingOf(letter, '');
  const { service, code, reason, at, executionArn = null } = letter;
  return { id, at, service, code, reason, executionArn, backTo: resending.ok ? backTo(resending) : null };
}

/**
 * The letter whose ID begins with a text.
 * @param whole a beginning is not enough
 * @param besides what else the text is not, for the line that says so
 * @throws what {@link oneByName} throws
 */
export function letterById(
  held: readonly HeldLetter[],
  id: string,
  { whole = false, besides = '' } = {},
): HeldLetter {
  return oneByName(held, id, {
    namesOf: (letter) => [letter.id],
    empty: 'an empty ID names no letter',
    unknown: `no dead letter has an ID that begins with "${id}"${besides}`,
    whole,
  });
}

/** A code in the place of an ID was said to be none. */
const besidesOf = (id: string) => (explainCode(id) === undefined ? '' : '; letters of a code: --code');

/** @throws UsageError when nothing is named, UnknownSubjectError when nothing is there */
export function selectLetters(
  held: readonly HeldLetter[],
  { ids, code, all, whole }: LetterSelection,
): readonly HeldLetter[] {
  if (ids.length > 0 && (code !== undefined || all))
    throw new UsageError('name letters either by their IDs, or by --code or --all');
  // Two beginnings may name one letter, which is sent once.
  if (ids.length > 0)
    return [...new Set(ids.map((id) => letterById(held, id, { whole, besides: besidesOf(id) })))];
  if (code === undefined && !all) throw new UsageError('name letters by their IDs, or --code, or --all');
  const found = held.filter(({ letter }) => code === undefined || letter?.code === code);
  if (found.length === 0)
    throw new UnknownSubjectError(
      code === undefined ? 'there are no dead letters' : `no dead letter has the code ${code}`,
    );
  return found;
}

/**
 * A change that settles a letter: what it came to is in its answer, and it is deleted unless it is left where it is.
 * @param settled called once it is deleted
 */
export function letterChange(
  operator: Operator,
  letter: HeldLetter,
  action: 'retry' | 'drop',
  settled: (letter: HeldLetter) => void,
): Change {
  return {
    subject: `letter ${letter.id} (${letter.letter?.code ?? 'unreadable'})`,
    async make() {
      const what = action === 'drop' ? 'dropped' : await resend(operator, letter);
      if (!what.startsWith('left')) {
        await operator.queues.delete(QUEUE_NAMES.deadLetters, letter.receipt);
        settled(letter);
      }
      return what;
    },
  };
}

async function resend({ queues, table, newId }: Operator, { letter }: HeldLetter): Promise<string> {
  if (letter === undefined) return 'left: it is no letter of ours';
  const resending = resendingOf(letter, newId());
  if (!resending.ok) return `left: ${resending.why}`;
  if (resending.unowned !== undefined) {
    // It was given up. Without that, the proofs are weighed anew.
    const { owner, ownerText } = await storedExecution(table, resending.unowned);
    if (owner?.kind === 'unowned')
      await table.delete(
        correlationKeys.execution(hexDigest(resending.unowned)),
        CORRELATION_KEYS.owner,
        ownerText,
      );
  }
  for (const { queue, body, fifo } of resending.messages) await queues.send(queue, body, fifo);
  const to = [...new Set(resending.messages.map(({ queue }) => queue))].join(', ');
  return `sent to ${to}${resending.messages.length === 1 ? '' : ` (${count(resending.messages.length, 'message')})`}`;
}
