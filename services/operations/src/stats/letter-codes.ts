import { parseJson } from '@stepcast/contracts';
import { DeadLetter, QUEUE_NAMES } from '@stepcast/wire';
import type { OperatorQueues } from '../ports.ts';

export interface LetterCount {
  readonly code: string;
  readonly letters: number;
  readonly oldestAt: string | null;
}

/** So many letters are read; more are only counted by the queue. */
const MAX_LETTERS = 200;
/** Longer than it takes to read that many. */
const HOLD_SECONDS = 20;

/** How many dead letters have which code. Each is read and given back. */
export async function countLetters(queues: OperatorQueues): Promise<readonly LetterCount[]> {
  const queue = QUEUE_NAMES.deadLetters;
  const counts = new Map<string, { letters: number; oldestAt: string | null }>();
  const receipts: string[] = [];
  try {
    while (receipts.length < MAX_LETTERS) {
      const messages = await queues.receive(queue, HOLD_SECONDS);
      if (messages.length === 0) break;
      for (const { body, receipt } of messages) {
        receipts.push(receipt);
        const letter = parseJson(DeadLetter, body);
        const code = letter.ok ? letter.value.code : 'unreadable';
        const at = letter.ok ? letter.value.at : null;
        const known = counts.get(code) ?? { letters: 0, oldestAt: at };
        known.letters += 1;
        if (at !== null && (known.oldestAt === null || at < known.oldestAt)) known.oldestAt = at;
        counts.set(code, known);
      }
    }
  } finally {
    await Promise.all(receipts.map((receipt) => queues.release(queue, receipt)));
  }
  return [...counts]
    .map(([code, { letters, oldestAt }]) => ({ code, letters, oldestAt }))
    .toSorted((one, other) => other.letters - one.letters);
}
