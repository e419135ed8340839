import { AuditEntry } from './audit.ts';
import type { OperatorTable } from './ports.ts';
import { bodyOf } from './reading/items.ts';

/**
 * What came after the beginning of a change: its end, done or failed; a resumption of it; or nothing, because it is still under way or was
 * killed. Null for entries that are no beginning.
 */
export type FollowedBy = 'end' | 'resumption' | 'nothing' | null;

/** An entry of the audit, and what became of the change that it began. */
export interface AuditLine extends AuditEntry {
  readonly followedBy: FollowedBy;
}

type Outcome = AuditEntry['outcome'];

/** What entries of one change share. Entries that were written before changes had IDs are taken together by who did what to what. */
function changeOf({ change, who, action, subject }: AuditEntry): string {
  return change ?? JSON.stringify([who, action, subject]);
}

function followedBy(outcome: Outcome, next: Outcome | undefined): FollowedBy {
  if (outcome !== 'begun' && outcome !== 'resumed') return null;
  if (next === 'resumed') return 'resumption';
  return next === 'done' || next === 'failed' ? 'end' : 'nothing';
}

/**
 * @param entries newest first
 * @param later what the first entry after them is, by change
 */
function linesOf(entries: readonly AuditEntry[], later: ReadonlyMap<string, Outcome>): readonly AuditLine[] {
  const next = new Map(later);
  return entries.map((entry) => {
    const change = changeOf(entry);
    const line = { ...entry, followedBy: followedBy(entry.outcome, next.get(change)) };
    next.set(change, entry.outcome);
    return line;
  });
}

function monthAfter(month: string): string {
  const first = new Date(`${month}-01T00:00:00.000Z`);
  first.setUTCMonth(first.getUTCMonth() + 1);
  return first.toISOString().slice(0, 7);
}

/**
 * The newest entries of a month (`2026-11`), newest first. What a change came to is also searched for in the month after.
 * @throws OperatorError
 */
export async function readAudit(
  table: Pick<OperatorTable, 'query'>,
  month: string,
  limit: number,
): Promise<readonly AuditLine[]> {
  const entries: AuditEntry[] = [];
  for await (const item of table.query(`audit#${month}`, { newestFirst: true, limit }))
    entries.push(bodyOf(AuditEntry, item));
  const lines = linesOf(entries, new Map());
  const open = new Set(lines.filter((line) => line.followedBy === 'nothing').map(changeOf));
  if (open.size === 0) return lines;
  const later = new Map<string, Outcome>();
  for await (const item of table.query(`audit#${monthAfter(month)}`)) {
    const entry = bodyOf(AuditEntry, item);
    const change = changeOf(entry);
    if (!open.delete(change)) continue;
    later.set(change, entry.outcome);
    if (open.size === 0) break;
  }
  return linesOf(entries, later);
}
