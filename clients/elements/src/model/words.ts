import type { StepReport } from '@stepcast/contracts';
import { formatCount } from './groups.ts';
import type { NodeStatus, TreeNode } from './tree.ts';

/** What a status is called, on the screen and for those who hear it. */
export const STATUS_WORDS: Readonly<Record<NodeStatus, string>> = {
  queued: 'not started',
  running: 'running',
  retrying: 'trying again',
  succeeded: 'done',
  failed: 'failed',
  caught: 'error caught',
  aborted: 'stopped',
  timedOut: 'timed out',
};

/** `< 1 ms`, `340 ms`, `4.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 0.5) return '< 1 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const tenths = Math.floor(ms / 100);
  if (tenths < 100) return `${Math.floor(tenths / 10)}.${tenths % 10} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long it took, or has taken so far; null where no span makes sense. */
export function durationOf(
  node: Pick<TreeNode, 'startedAt' | 'endedAt' | 'status'>,
  now: number,
): number | null {
  if (node.startedAt === null || node.status === 'queued') return null;
  return Math.max(0, (node.endedAt ?? now) - node.startedAt);
}

/** States that only steer, and take no time of their own. */
const STEERING: readonly TreeNode['type'][] = ['Pass', 'Choice', 'Succeed', 'Fail'];
/** What a state that only steers took, where that is not what keeps somebody waiting. */
const NO_TIME_MS = 50;

/** What stands in the column of durations; empty where a number would say nothing. */
export function durationText(
  node: Pick<TreeNode, 'startedAt' | 'endedAt' | 'status' | 'type'>,
  now: number,
): string {
  const duration = durationOf(node, now);
  if (duration === null) return '';
  return STEERING.includes(node.type) && duration < NO_TIME_MS ? '' : formatDuration(duration);
}

/** `40%, page 4 of 10`; without a text `40%, 4 of 10`. */
export function reportText({ percent, done, total, text }: StepReport): string {
  const parts = percent === undefined ? [] : [`${Math.floor(percent)}%`];
  if (text !== undefined && text !== '') parts.push(text);
  else if (done !== undefined)
    parts.push(`${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`}`);
  return parts.join(', ');
}

/** `5 of 12 done, 1 failed`; or how often it was entered; or which attempt runs. */
export function detailOf({ counts, visits, attempts, tries = 0, status, kind }: TreeNode): string {
  const parts: string[] = [];
  if (counts !== undefined) {
    const { total, succeeded, failed } = counts;
    const of = total === null ? '' : ` of ${formatCount(total)}`;
    if (total !== null || succeeded > 0) parts.push(`${formatCount(succeeded)}${of} done`);
    if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  }
  if (visits !== undefined && counts === undefined)
    parts.push(
      visits.ended < visits.entered
        ? `${formatCount(visits.ended)} of ${formatCount(visits.entered)} done`
        : `${formatCount(visits.entered)} times`,
    );
  const isPart = kind === 'iteration' || kind === 'branch';
  if (isPart && tries > 0) parts.push(tries === 1 ? 'tried again once' : `tried again ${tries} times`);
  const number = isPart || kind === 'attempt' ? 1 : (attempts.at(-1)?.number ?? tries);
  if (number > 1) parts.push(status === 'retrying' ? `attempt ${number}` : `${number} attempts`);
  return parts.join(', ');
}

/** Where a word begins inside of a name: after small letters or digits, before the last of several capitals, after `_`, `.`, `/` or `:`. */
const INSIDE_OF_NAME =
  /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=[_./:])(?=[\p{L}\p{N}])/u;

/**
 * A name in the pieces between which a line may break; together they are the name. Browsers know no place inside of `ArchiveOriginalDocument`, and
 * would cut a word in two.
 */
export function namePieces(name: string): readonly string[] {
  return name.split(INSIDE_OF_NAME);
}

export function errorText({ name, message }: NonNullable<TreeNode['error']>): string {
  return message === undefined || message === '' ? name : `${name}: ${message}`;
}
