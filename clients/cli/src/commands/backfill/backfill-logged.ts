import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import { type DescribedExecution, type Operator, uploadEventOf, waitUntil } from '@stepcast/operations';
import type { BackfillOptions } from './backfill-execution.ts';
import { hasEnd, lackOf, missingIds } from './logged-executions.ts';
import { sendRecords } from './send-records.ts';
import {
  beginStream,
  cannotBackfill,
  isNameOfEvent,
  sentAs,
  standingOf,
  waitForEnd,
  type Backfilled,
} from './standing.ts';

export interface LoggedBackfillOptions extends BackfillOptions {
  /** Send what there is even where nothing can fill its gaps. */
  readonly withGaps: boolean;
}

const BEGIN_WAIT_MS = 15_000;

/** Why an input is not in the log record that begins an execution. */
const WHY_NO_INPUT = {
  truncated: 'its input was too long for the log, which cut it',
  tooLarge: 'its input is too long',
  excluded: 'the log has no inputs (includeExecutionData is off)',
  absent: 'the record that begins it is missing',
} as const;

/**
 * Has the correlator build the stream of an execution from its log records: it gets the event of the upload, then the records,
 * as it got them the first time. Step Functions is asked for what the log lacks, where it still has the execution.
 * @param records in order of id
 * @throws OperatorError
 */
export async function backfillLogged(
  operator: Operator,
  executionArn: ExecutionArn,
  records: readonly ExecutionRecord[],
  options: LoggedBackfillOptions,
): Promise<Backfilled> {
  const before = await standingOf(operator, executionArn);
  if (before?.ended === true)
    return { ...before.view, outcome: 'alreadyComplete', detail: 'the journal has it to its end' };
  const isExpress = executionArnParts(executionArn).kind === 'express';
  const described = isExpress ? undefined : await operator.executions.describe(executionArn);
  const lack = lackOf(records);
  if (lack !== undefined && described === undefined && !options.withGaps)
    return cannotBackfill(
      executionArn,
      `the log lacks ${lack}, and ${nowhereElse(isExpress)}; --since and --until may be too close. --with-gaps sends what there is`,
    );
  const [begin] = records;
  const input = begin?.details.input ?? described?.input;
  if (input === undefined && before === undefined)
    return cannotBackfill(
      executionArn,
      `nothing names its upload: ${WHY_NO_INPUT[begin?.id === 1 ? (begin.details.inputMissing ?? 'excluded') : 'absent']}, and ${nowhereElse(isExpress)}`,
    );
  if (before === undefined) await sendUpload(operator, executionArn, input ?? '', described, options);
  await sendInTwo(operator, executionArn, records, before !== undefined);
  if (!hasEnd(records) && (described === undefined || described.status === 'RUNNING'))
    return sentAs(
      operator,
      executionArn,
      described === undefined
        ? `sent what there is, without ${lack ?? 'its end'}`
        : 'it still runs; what comes goes on',
    );
  const filled =
    missingIds(records).length > 0 && described !== undefined
      ? ', with its gaps filled from the history'
      : '';
  return waitForEnd(operator, executionArn, options, `built from the log${filled}`);
}

/**
 * Sends the record that begins the execution, and the others when the journal has it: by then the correlator has read the
 * definition of the workflow, without which it estimates nothing.
 */
async function sendInTwo(
  operator: Operator,
  executionArn: ExecutionArn,
  records: readonly ExecutionRecord[],
  hasBegun: boolean,
): Promise<void> {
  const [begin, ...rest] = records;
  if (hasBegun || begin?.id !== 1 || rest.length === 0) {
    await sendRecords(operator, executionArn, records);
    return;
  }
  await sendRecords(operator, executionArn, [begin]);
  await waitUntil(operator, BEGIN_WAIT_MS, () => standingOf(operator, executionArn));
  await sendRecords(operator, executionArn, rest);
}

function nowhereElse(isExpress: boolean): string {
  return isExpress ? 'an Express execution is nowhere else' : 'Step Functions has it no more';
}

/**
 * Sends the event of the upload, unless that could start the workflow again: in managed mode the name is taken only as long as
 * Step Functions has the execution, and that of an Express execution never.
 * The correlator then takes the upload from the input of the execution.
 */
async function sendUpload(
  operator: Operator,
  executionArn: ExecutionArn,
  input: string,
  described: DescribedExecution | undefined,
  { withUpload }: LoggedBackfillOptions,
): Promise<void> {
  const event = uploadEventOf(input);
  if (event === undefined) return;
  if (withUpload || (described !== undefined && isNameOfEvent(executionArn, event)))
    await beginStream(operator, event, input);
}
