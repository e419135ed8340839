import type { ExecutionArn, StepReport } from '@stepcast/contracts';
import type { Report } from '@stepcast/wire';
import {
  draftEvent,
  hasEnded,
  stepOf,
  type EventDraft,
  type ExecutionFold,
  type ReportMark,
  type Visit,
} from './execution-fold.ts';

/** What became of a report. */
export type ReportBecame =
  /** An event says it. */
  | 'applied'
  /** Its step has a newer one, or this one, or is at another attempt. */
  | 'stale'
  /** No step runs that it could be about: it may be redelivered later. */
  | 'early'
  /** It names no step, and several run. */
  | 'ambiguous'
  /** Its execution has ended, or is not followed. */
  | 'ended';

/**
 * Clocks of where tasks run differ from that of Step Functions. A report may be older than its attempt by so much, and then it
 * counts as one of the attempt, which ends all the same what the attempt before said.
 */
export const CLOCK_SKEW_MS = 1_000;

/** Steps whose newest reports are remembered, in one execution. Of what is forgotten, a repeated report counts as a new one. */
export const MAX_REPORTING_STEPS = 50;

function mark(fold: ExecutionFold, step: string, newest: ReportMark): void {
  fold.reports.delete(step);
  fold.reports.set(step, newest);
  if (fold.reports.size <= MAX_REPORTING_STEPS) return;
  const [oldest] = fold.reports.keys();
  if (oldest !== undefined) fold.reports.delete(oldest);
}

/**
 * What a step said before belongs to an earlier attempt. Called when it is tried again. Of a step that has said nothing yet nothing is
 * noted: most steps never do, and a note makes every checkpoint larger.
 */
export function noteAttempt(fold: ExecutionFold, step: string, timestampMs: number): void {
  const before = fold.reports.get(step);
  if (before === undefined) return;
  const atMs = Math.max(timestampMs - CLOCK_SKEW_MS, before.atMs);
  mark(fold, step, { atMs, id: '' });
}

/** A visit that works, as far as is known: what failed may be tried again, and has nothing to say until then. */
function works({ closed, failure }: Visit): boolean {
  return !closed && failure === null;
}

/**
 * Which visit a report is about: of the step that it names the newest that runs; without a name, of the only Task that runs. Of
 * a Task that runs several times at once, the newest stands for all.
 */
export function visitOfReport(fold: ExecutionFold, { step }: Report): Visit | 'early' | 'ambiguous' {
  let found: Visit | undefined;
  for (const visit of fold.visits.values()) {
    if (!works(visit) || (step === undefined ? visit.type !== 'Task' : visit.name !== step)) continue;
    if (found !== undefined && found.name !== visit.name) return 'ambiguous';
    if (found === undefined || visit.id > found.id) found = visit;
  }
  return found ?? 'early';
}

function isNewer({ atMs, id }: Report, than: ReportMark): boolean {
  return atMs === than.atMs ? than.id !== '' && id > than.id : atMs > than.atMs;
}

/** What a report says of a step that runs several times at once: a number would be that of one of them. */
function saidBy({ percent, done, total, text }: Report, isAlone: boolean): StepReport {
  const said: StepReport = {};
  if (isAlone && percent !== undefined) said.percent = percent;
  if (isAlone && done !== undefined) said.done = done;
  if (isAlone && total !== undefined) said.total = total;
  if (text !== undefined) said.text = text;
  return said;
}

/**
 * Takes a report into the fold, in place. It changes nothing but the mark by which older and repeated reports are recognised, and
 * how much of its visit is over, which counts in the percentage: what else records do to the fold, and which of them are missing, is
 * the same with reports and without.
 */
export function takeReport(
  fold: ExecutionFold,
  executionArn: ExecutionArn,
  report: Report,
): { readonly became: ReportBecame; readonly event?: EventDraft } {
  if (hasEnded(fold)) return { became: 'ended' };
  const visit = visitOfReport(fold, report);
  if (visit === 'early' || visit === 'ambiguous') return { became: visit };
  const alike = [...fold.visits.values()].filter((one) => works(one) && one.name === visit.name);
  const before = fold.reports.get(visit.name);
  const isOld = report.atMs < Math.min(...alike.map((one) => one.enteredMs)) - CLOCK_SKEW_MS;
  if (isOld || (before !== undefined && !isNewer(report, before))) return { became: 'stale' };
  const said = saidBy(report, alike.length === 1);
  if (Object.keys(said).length === 0) return { became: 'ambiguous' };
  mark(fold, visit.name, { atMs: report.atMs, id: report.id });
  if (said.percent !== undefined) visit.reported = said.percent / 100;
  const { name, type } = visit;
  const step = alike.length === 1 ? stepOf(fold, visit) : { name, type };
  // Between its step's start and now: the time of an event never comes from a clock that is far off.
  const timestampMs = Math.max(report.atMs, visit.enteredMs);
  return {
    became: 'applied',
    event: draftEvent(executionArn, 'stepReported', timestampMs, { step, report: said }),
  };
}
