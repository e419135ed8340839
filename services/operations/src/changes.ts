import { asError } from '@stepcast/kit';
import { recordFailure, type Audit } from './audit.ts';

/** One change to one thing. */
export interface Change {
  /** What it is done to, for the question, the audit and the answer. */
  readonly subject: string;
  /** @returns what came of it, in a few words; `undefined`: it was not there any more */
  readonly make: () => Promise<string | undefined>;
}

export interface ChangeReport {
  readonly action: string;
  readonly done: readonly { readonly subject: string; readonly what: string }[];
  readonly gone: readonly string[];
  /** Why it stopped before the end; what was done before stays done. */
  readonly stopped: Error | undefined;
}

/**
 * Makes changes one after the other; each is in the audit before it is made and after it was. Stops at the first that fails.
 * @throws OperatorError when the audit cannot be written: then that change was not made
 */
export async function makeAudited(
  audit: Audit,
  action: string,
  changes: readonly Change[],
  reason: string | null,
): Promise<ChangeReport> {
  const done: { subject: string; what: string }[] = [];
  const gone: string[] = [];
  for (const { subject, make } of changes) {
    const entry = { action, subject, reason, change: audit.newChange() };
    await audit.record({ ...entry, outcome: 'begun' });
    let what: string | undefined;
    try {
      what = await make();
    } catch (thrown) {
      await recordFailure(audit, entry, thrown);
      return { action, done, gone, stopped: asError(thrown) };
    }
    const detail = what ?? 'it was not there any more';
    await audit.record({ ...entry, outcome: 'done', detail });
    if (what === undefined) gone.push(subject);
    else done.push({ subject, what });
  }
  return { action, done, gone, stopped: undefined };
}
