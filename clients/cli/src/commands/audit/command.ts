import type { Command } from 'commander';
import * as z from 'zod';
import { readAudit, type AuditLine } from '@stepcast/operations';
import { columns } from '../../report/lines.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';

const Options = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'is no month such as 2026-11')
    .optional(),
  limit: z.coerce.number('is no number').int('is no whole number').min(1, 'is at least 1').default(50),
});

/** What an operator should know of changes that have a beginning only. */
const WITHOUT_END = [
  '',
  'No end recorded: it is still under way, or it was killed; what it did until then stays done. A replay goes on with --resume and',
  'the file under DETAIL; any other command may be given again and does the rest.',
];

function outcomeOf({ outcome, followedBy }: AuditLine): string {
  if (followedBy === 'nothing') return `${outcome}, no end recorded`;
  return followedBy === 'resumption' ? `${outcome}, resumed later` : outcome;
}

/** `stepcast audit`: who changed what, when and why. */
export function addAudit(program: Command, context: CommandContext): void {
  const command = program
    .command('audit')
    .description('show who changed what with this command, when and why; the newest first')
    .option('--month <month>', 'for example 2026-11 (default: this month)')
    .option('--limit <number>', 'entries at most (default 50)');
  operatorAction(command, context, async ({ operator }, _args, given) => {
    const { month = new Date(operator.clock.nowMs()).toISOString().slice(0, 7), limit } = optionsOf(
      Options,
      given,
    );
    const entries = await readAudit(operator.table, month, limit);
    return {
      schema: 'stepcast.audit/v1',
      json: { month, entries },
      lines:
        entries.length === 0
          ? [`nothing was changed in ${month}`]
          : [
              ...columns(
                ['WHEN', 'WHO', 'WHAT', 'OUTCOME', 'SUBJECT', 'REASON', 'DETAIL'],
                entries.map((entry) => [
                  entry.at,
                  entry.who,
                  entry.action,
                  outcomeOf(entry),
                  entry.subject,
                  entry.reason ?? '-',
                  entry.detail ?? '-',
                ]),
              ),
              ...(entries.some(({ followedBy }) => followedBy === 'nothing') ? WITHOUT_END : []),
            ],
    };
  });
  withExamples(command, [
    ['stepcast audit', 'this month'],
    ['stepcast audit --month 2026-10 --limit 1000 --json', 'a month, for programs'],
  ]);
}
