import * as z from 'zod';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { auditLine, createAudit, EXIT, makeAudited, type Audit, type Change } from '@stepcast/operations';
import { count, printableLine } from '../report/lines.ts';
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

export function auditOf({ operator, context }: Running): Audit {
  return createAudit(operator, (entry) => {
    context.err(`${auditLine(entry)}\n`);
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
    if (
      !(await context.confirmation.confirm(printableLine(`${action}: ${count(changes.length, 'change')}?`)))
    ) {
      note(['Nothing was changed.']);
      return {
        schema: 'stepcast.change/v1',
        json: { action, done: [], gone: [] },
        lines: [],
        exitCode: EXIT.warnings,
      };
    }
  }
  const report = await makeAudited(auditOf(running), action, changes, reason ?? null);
  const { done, gone, stopped } = report;
  if (stopped !== undefined) {
    note([`${count(done.length, 'change')} made before this one; run the command again to go on:`]);
    throw stopped;
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
