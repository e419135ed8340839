import type { ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord, Projector } from '@stepcast/wire';
import { UnfinishedError, UnknownSubjectError } from '@stepcast/operations';
import type { LogQuestion } from './ports.ts';
import { columns, count } from '../../report/lines.ts';
import type { Answer, Running } from '../run.ts';
import { lackOf, readLoggedExecutions } from './logged-executions.ts';
import { isoOf } from './options.ts';
import { cannotBackfill, type Backfilled } from './standing.ts';

/** What a log group has of executions in a time range. */
export interface LogRange {
  /** Those that are named, else all that were found. */
  readonly executionArns: readonly ExecutionArn[];
  readonly records: (executionArn: ExecutionArn) => readonly ExecutionRecord[];
  /** For an execution of which there is no record: that there is none, and why that may be. */
  readonly absent: (executionArn: ExecutionArn) => Promise<Backfilled> | undefined;
  readonly unreadable: number;
}

const DAY_MS = 86_400_000;

/**
 * Reads the log records of a time range, and says on the way how many there are.
 * @throws UnknownSubjectError when there are none; UnfinishedError when the operator stops it; OperatorError
 */
export async function readRange(
  { operator, context, note }: Running,
  question: LogQuestion,
  project: Projector | undefined,
  signal: AbortSignal,
): Promise<LogRange> {
  const { logGroup, fromMs, toMs, executionArns: named } = question;
  let shown = 0;
  const logged = await readLoggedExecutions(operator.logs, question, {
    project,
    signal,
    onPage: (records) => {
      if (!context.showsProgress || records < shown + 10_000) return;
      shown = records;
      note([`${records} log records read`]);
    },
  });
  if (signal.aborted) throw new UnfinishedError('interrupted while the log was read; nothing was sent');
  const { executions, unreadable, problem } = logged;
  if (unreadable > 0)
    note([`Left out: ${count(unreadable, 'log record')} that cannot be read (the first: ${problem ?? ''}).`]);
  const where = `${logGroup} from ${isoOf(fromMs)} to ${isoOf(toMs)}`;
  const days =
    named.some((arn) => !executions.has(arn)) || executions.size === 0
      ? await operator.logs.retentionDays(logGroup)
      : undefined;
  const expired =
    days !== undefined && fromMs < operator.clock.nowMs() - days * DAY_MS
      ? `The log group keeps ${count(days, 'day')}: older records are gone.`
      : undefined;
  if (executions.size === 0)
    throw new UnknownSubjectError(
      `no record of ${whomOf(named)} is in ${where}`,
      expired === undefined ? [] : [expired],
    );
  return {
    executionArns: named.length === 0 ? [...executions.keys()] : named,
    records: (arn) => executions.get(arn) ?? [],
    absent: (arn) =>
      executions.has(arn)
        ? undefined
        : Promise.resolve(
            cannotBackfill(
              arn,
              [`no record of it is in ${where}`, ...(expired === undefined ? [] : [expired])].join('. '),
            ),
          ),
    unreadable,
  };
}

function whomOf(named: readonly ExecutionArn[]): string {
  const [first, ...more] = named;
  if (first === undefined) return 'an execution';
  return more.length === 0 ? first : `any of the ${named.length} executions`;
}

/** What the log has, without sending it. */
export function dryRun({ executionArns, records, unreadable }: LogRange): Answer {
  const executions = executionArns.map((executionArn) => {
    const all = records(executionArn);
    const lack = lackOf(all);
    return {
      executionArn,
      records: all.length,
      from: all[0] === undefined ? null : isoOf(all[0].timestampMs),
      lacks: all.length === 0 ? 'every record' : (lack ?? null),
    };
  });
  return {
    schema: 'stepcast.backfill-plan/v1',
    json: { executions, unreadable },
    lines: [
      ...columns(
        ['EXECUTION', 'RECORDS', 'FROM', 'LACKS'],
        executions.map((one) => [one.executionArn, String(one.records), one.from ?? '-', one.lacks ?? '-']),
      ),
      '',
      `${count(executions.length, 'execution')} would be built. Nothing was sent (--dry-run).`,
    ],
  };
}
