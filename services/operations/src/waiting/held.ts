import type { ExecutionArn } from '@stepcast/contracts';
import { UnknownSubjectError, UsageError } from '../errors.ts';
import { oneByName } from '../one-by-name.ts';
import type { Operator } from '../operator.ts';
import { heldExecutions, type HeldExecution } from '../reading/held-executions.ts';
import { parkedSummary, type ParkedSummary } from '../reading/waiting.ts';
import { releaseQuarantine } from './release-quarantine.ts';
import { dropParked, resendParked } from './resend-parked.ts';

/** What holds executions up: records that wait, or proofs that disagree. */
export interface HeldKind {
  readonly name: 'parked' | 'quarantine';
  readonly nothing: string;
  readonly holds: (execution: HeldExecution) => boolean;
  /** What helps, besides dropping. */
  readonly mends: 'retry' | 'release';
}

export const PARKED: HeldKind = {
  name: 'parked',
  nothing: 'nothing is parked',
  holds: ({ owner, parked }) => parked.length > 0 && owner?.kind !== 'quarantined',
  mends: 'retry',
};
export const QUARANTINE: HeldKind = {
  name: 'quarantine',
  nothing: 'nothing is quarantined',
  holds: ({ owner }) => owner?.kind === 'quarantined',
  mends: 'release',
};

export interface HeldView {
  readonly executionArn: string | null;
  readonly digest: string;
  readonly owner: string;
  readonly parked: ParkedSummary | null;
  readonly why: string;
}

/** All executions of a kind, by a scan of the table; what waits longest comes first. */
export async function heldOf(
  { table }: Pick<Operator, 'table'>,
  kind: HeldKind,
): Promise<readonly HeldExecution[]> {
  const since = ({ parked }: HeldExecution) => Math.min(...parked.map(({ parkedMs }) => parkedMs));
  return (await heldExecutions(table))
    .filter(kind.holds)
    .toSorted((one, other) => (since(one) < since(other) ? -1 : 1));
}

export const nameOfHeld = ({ executionArn, digest }: HeldExecution) => executionArn ?? `execution#${digest}`;

/** The last part of an ARN, by which an execution is usually named. */
const shortNameOf = (execution: HeldExecution) => {
  const name = nameOfHeld(execution);
  return name.slice(name.lastIndexOf(':') + 1);
};

/**
 * The one whose ARN or name is a text, or begins with it.
 * @param whole a beginning is not enough
 * @throws what {@link oneByName} throws
 */
export function heldByName(
  all: readonly HeldExecution[],
  text: string,
  kind: HeldKind,
  whole = false,
): HeldExecution {
  return oneByName(all, text, {
    namesOf: (execution) => [nameOfHeld(execution), shortNameOf(execution)],
    empty: 'an empty name names no execution',
    unknown: `${kind.nothing} that begins with "${text}"`,
    whole,
  });
}

export function whyHeld(execution: HeldExecution): string {
  const { owner } = execution;
  return owner?.kind === 'quarantined' ? owner.reason : (parkedSummary(execution)?.why ?? '-');
}

export function viewHeld(execution: HeldExecution): HeldView {
  const { executionArn = null, digest, owner } = execution;
  return {
    executionArn,
    digest,
    owner: owner?.kind ?? 'unknown',
    parked: parkedSummary(execution),
    why: whyHeld(execution),
  };
}

/** What an operator can do about it. */
export function helpForHeld({ owner, parked }: HeldExecution): string {
  if (owner?.kind === 'quarantined')
    return 'find out who uploaded (runbook, CORRELATOR_OWNER_CONFLICT); then "stepcast quarantine release", or "drop" for its records alone, with a reason';
  if (owner?.kind === 'owned')
    return 'wait ten seconds; if it stays, "stepcast parked retry", or "stepcast backfill" from the history';
  return parked.some(({ inputSeen }) => inputSeen)
    ? 'did an upload start it? If not, it is given up after 15 minutes; "stepcast parked drop" does it now'
    : 'turn on includeExecutionData ("stepcast doctor --only workflow"), then "stepcast parked retry"';
}

/**
 * Does one thing to one execution that is held up.
 * @param action `retry` for what is parked, `release` for what is quarantined, `drop` for both
 * @returns what came of it; `undefined`: it was not there any more
 * @throws UsageError for an action of the other kind; UnknownSubjectError where only its digest is known
 */
export async function mendHeld(
  operator: Operator,
  kind: HeldKind,
  action: 'retry' | 'release' | 'drop',
  execution: HeldExecution,
): Promise<string | undefined> {
  if (action === 'drop') return dropParked(operator, execution.digest, execution.parked);
  if (action !== kind.mends) throw new UsageError(`there is no ${kind.name} ${action}`);
  return action === 'retry'
    ? resendParked(operator, arnOf(execution), execution.parked)
    : releaseQuarantine(operator, arnOf(execution));
}

function arnOf({ executionArn, digest }: HeldExecution): ExecutionArn {
  if (executionArn !== undefined) return executionArn;
  throw new UnknownSubjectError(
    `only the digest ${digest} of this execution is known, for an older version wrote it; name it by its whole ARN`,
  );
}
