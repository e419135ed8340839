import { asError, hexDigest } from '@stepcast/kit';
import { JOURNAL_KEYS } from '@stepcast/wire';
import * as z from 'zod';
import { mask } from './masking.ts';
import type { Operator } from './operator.ts';
import { shortened } from './words.ts';

/** One thing that an operator did, or began to do. */
export const AuditEntry = z.object({
  at: z.string(),
  /** ARN of the caller. */
  who: z.string(),
  /** Command and what it does, for example `dead-letters drop`. */
  action: z.string(),
  /** What it was done to. */
  subject: z.string(),
  /** Why, in the operator's words; null where the command asks for none. */
  reason: z.string().nullable(),
  /** `begun` is written before the change, so that none goes unrecorded; `resumed` where one that had stopped goes on. */
  outcome: z.enum(['begun', 'resumed', 'done', 'failed']),
  detail: z.string().nullable(),
  /** ID of the change, which its entries share. Entries of older versions have none. */
  change: z.string().optional(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Items of the audit outlive those of the journal: 400 days. */
const RETENTION_SECONDS = 400 * 86_400;
/** An item of DynamoDB has room for much more; a reason that long is none. */
const MAX_TEXT = 1_000;

const partitionOf = (at: string) => `audit#${at.slice(0, 7)}`;

/** What the author of a change says of it; time and caller are the audit's. */
export type NewAuditEntry = Pick<AuditEntry, 'action' | 'subject' | 'outcome'> & Partial<AuditEntry>;

export interface Audit {
  /** Stores the entry, then logs it. @throws OperatorError: then nothing may be changed */
  record(entry: NewAuditEntry): Promise<void>;
  /** An ID for the entries of one change. */
  newChange(): string;
}

/** The line of the structured log that says what an operator did. */
export function auditLine(entry: AuditEntry): string {
  return JSON.stringify({
    level: 'info',
    service: 'stepcast',
    time: entry.at,
    ...entry,
    msg: 'operator action',
  });
}

/** @param log gets each entry once it is stored */
export function createAudit(
  operator: Pick<Operator, 'table' | 'who' | 'clock' | 'newId'>,
  log: (entry: AuditEntry) => void,
): Audit {
  let who: Promise<string> | undefined;
  return {
    newChange: () => operator.newId(),
    async record({ action, subject, outcome, reason = null, detail = null, change }) {
      who ??= operator.who();
      const at = new Date(operator.clock.nowMs()).toISOString();
      const entry: AuditEntry = {
        at,
        who: await who,
        action,
        subject: shortened(subject, MAX_TEXT),
        reason: reason === null ? null : shortened(reason, MAX_TEXT),
        outcome,
        detail: detail === null ? null : shortened(detail, MAX_TEXT),
        ...(change === undefined ? {} : { change }),
      };
      await operator.table.insert({
        [JOURNAL_KEYS.partition]: { S: partitionOf(at) },
        [JOURNAL_KEYS.sort]: { S: `${at}#${hexDigest(operator.newId()).slice(0, 12)}` },
        [JOURNAL_KEYS.body]: { S: JSON.stringify(entry) },
        [JOURNAL_KEYS.expiresAt]: {
          N: String(Math.floor(operator.clock.nowMs() / 1_000) + RETENTION_SECONDS),
        },
      });
      log(entry);
    },
  };
}

/**
 * Records that a change stopped before its end, and why. What stopped it matters more than an audit that cannot be written now:
 * the entry that it began stands.
 */
export async function recordFailure(
  audit: Audit,
  entry: Omit<NewAuditEntry, 'outcome'>,
  thrown: unknown,
): Promise<void> {
  const why = mask(asError(thrown).message);
  const detail = entry.detail === undefined || entry.detail === null ? why : `${entry.detail}; ${why}`;
  await audit.record({ ...entry, outcome: 'failed', detail }).catch(() => undefined);
}
