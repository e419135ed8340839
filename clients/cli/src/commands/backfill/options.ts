import { readFile } from 'node:fs/promises';
import { describeIssues, ExecutionArn, parseJson } from '@stepcast/contracts';
import { asError, type Clock } from '@stepcast/kit';
import { createJmespathProjector, Projection, type Projector } from '@stepcast/wire';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { DataInvalidError, OperatorTime } from '@stepcast/operations';
import { ChangeOptions } from '../changes.ts';
import type { LogQuestion } from './ports.ts';
import type { CommandContext } from '../run.ts';

export const BackfillCommandOptions = z.object({
  from: z.enum(['history', 'logs'], 'is history or logs').default('history'),
  logGroup: z.string().trim().min(1, 'is empty').max(512, 'is too long').optional(),
  since: OperatorTime.optional(),
  until: OperatorTime.optional(),
  withGaps: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  projections: z.string().min(1, 'says nothing').optional(),
  withUpload: z.boolean().default(false),
  wait: z.coerce.number('is no number').min(0, 'is at least 0').max(3_600, 'is at most 3600').default(60),
  reason: ChangeOptions.shape.reason,
});
export type BackfillCommandOptions = z.infer<typeof BackfillCommandOptions>;

/**
 * What to read from the logs; `undefined`: the histories are read.
 * @throws UsageError
 */
export function questionOf(
  options: BackfillCommandOptions,
  executionArns: readonly ExecutionArn[],
  clock: Clock,
): LogQuestion | undefined {
  const { from, logGroup, since, until = clock.nowMs(), withGaps, dryRun } = options;
  if (from === 'history') {
    if (logGroup !== undefined || since !== undefined || options.until !== undefined || withGaps || dryRun)
      throw new UsageError('--log-group, --since, --until, --with-gaps and --dry-run go with --from logs');
    if (executionArns.length === 0) throw new UsageError('no execution is named');
    return undefined;
  }
  if (logGroup === undefined)
    throw new UsageError(
      '--from logs needs --log-group: the log group of the state machine, for example /aws/vendedlogs/states/Photo-Logs',
    );
  if (since === undefined)
    throw new UsageError(
      '--from logs needs --since: the time from which log records are read, for example 2026-11-03T10:15:00Z',
    );
  if (since > until) throw new UsageError(`--since ${isoOf(since)} is after --until ${isoOf(until)}`);
  return { logGroup, fromMs: since, toMs: until, executionArns };
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The executions that are named; none: all that the logs have. "-" reads them from standard input. @throws UsageError */
export async function arnsOf(
  given: readonly string[],
  context: Pick<CommandContext, 'readInput'>,
): Promise<readonly ExecutionArn[]> {
  let texts = given;
  if (given.length === 1 && given[0] === '-') {
    let input = '';
    for await (const piece of context.readInput()) input += piece;
    texts = input
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (texts.length === 0) throw new UsageError('standard input names no execution');
  }
  return texts.map((text) => {
    const arn = ExecutionArn.safeParse(text);
    if (arn.success) return arn.data;
    throw new UsageError(`${text} is no ARN of an execution`);
  });
}

/** @throws DataInvalidError for a file that holds no projections */
export async function projectorOf(file: string | undefined): Promise<Projector | undefined> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new DataInvalidError(`--projections ${file} cannot be read: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
  const parsed = parseJson(z.array(Projection), text);
  if (!parsed.ok) throw new DataInvalidError(`--projections ${file}: ${describeIssues(parsed.issues)}`);
  try {
    return createJmespathProjector(parsed.value);
  } catch (thrown) {
    throw new DataInvalidError(`--projections ${file}: ${asError(thrown).message}`, [], { cause: thrown });
  }
}
