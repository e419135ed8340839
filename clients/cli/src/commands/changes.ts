import * as z from 'zod';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { createAudit, type Audit } from '../operator/audit.ts';
import { EXIT } from '../operator/errors.ts';
import { count, printable } from '../report/lines.ts';
import type { Answer, Running } from './run.ts';

/** Options of every command that changes something. */
export const ChangeOptions = z.object({
  yes: z.boolean().default(false),
  reason: z.string().trim().min(1, 'says nothing').optional(),
});
export type ChangeOptions = z.infer<typeof ChangeOptions>;

export function withChangeOptions(command: Command, needsReason: boolean): Command {
  return command
    .option('--reason <text>', needsReason ? 'why, for the audit; required' : 'why, for the audit')
    .option('--yes', 'do not ask before the change');
}

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
}

export function auditOf({ operator, context }: Running): Audit {
  return createAudit(operator, (line) => {
    context.err(`${line}\n`);
  });
}

/**
 * Asks once, then makes the changes one after the other; each is in the audit before it is made and after it was.
 * @throws UsageError when nobody can be asked, or a reason is missing; what a change throws, after saying how far it came
 */
export async function makeChanges(
  running: Running,
  action: string,
  changes: readonly Change[],
  { yes, reason }: ChangeOptions,
): Promise<Answer> {
  const { context, note } = running;
  if (!yes) {
    const subjects = changes.slice(0, 10).map(({ subject }) => `  ${subject}`);
    note([`${action}:`, ...subjects, ...(changes.length > 10 ? [`  and ${changes.length - 10} more`] : [])]);
    if (context.confirmation === undefined)
      throw new UsageError('nobody can be asked here; add --yes to go on without asking');
    if (!(await context.confirmation.confirm(printable(`${action}: ${count(changes.length, 'change')}?`)))) {
      note(['Nothing was changed.']);
      return {
        schema: 'stepcast.change/v1',
        json: { action, done: [], gone: [] },
        lines: [],
        exitCode: EXIT.warnings,
      };
    }
  }
  const audit = auditOf(running);
  const done: { subject: string; what: string }[] = [];
  const gone: string[] = [];
  for (const { subject, make } of changes) {
    await audit.record({ action, subject, reason: reason ?? null, outcome: 'begun' });
    let what: string | undefined;
    try {
      what = await make();
    } catch (thrown) {
      note([`${count(done.length, 'change')} made before this one; run the command again to go on:`]);
      await audit.record({ action, subject, reason: reason ?? null, outcome: 'failed' });
      throw thrown;
    }
    await audit.record({
      action,
      subject,
      outcome: 'done',
      reason: reason ?? null,
      detail: what ?? 'it was not there any more',
    });
    if (what === undefined) gone.push(subject);
    else done.push({ subject, what });
  }
  return {
    schema: 'stepcast.change/v1',
    json: { action, done, gone },
    lines: [
      ...done.map(({ subject, what }) => `${subject}: ${what}`),
      ...gone.map((subject) => `${subject}: it was not there any more`),
    ],
  };
}

export function requireReason({ reason }: ChangeOptions): void {
  if (reason === undefined) throw new UsageError('--reason is missing: say why, for the audit');
}
