import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { Projector } from '@stepcast/wire';
import { type Operator, uploadEventOf } from '@stepcast/operations';
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

export interface BackfillOptions {
  /** Send the upload's event too where the execution's name does not say that Stepcast started it. */
  readonly withUpload: boolean;
  readonly waitMs: number;
  /** The operator's Ctrl+C ends the waiting. */
  readonly signal: AbortSignal;
  /** What the deployment lets out of inputs and outputs. */
  readonly project: Projector | undefined;
}

/**
 * Has the correlator build the stream of an execution from its history, by its own rules: it gets the event of the upload,
 * and the first and the last record. What lies between is a gap to it, which it fills from the history.
 * @throws OperatorError
 */
export async function backfillExecution(
  operator: Operator,
  executionArn: ExecutionArn,
  options: BackfillOptions,
): Promise<Backfilled> {
  const { executions } = operator;
  if (executionArnParts(executionArn).kind === 'express')
    return cannotBackfill(
      executionArn,
      'an Express execution has no history; build it from its log records with --from logs',
    );
  const before = await standingOf(operator, executionArn);
  if (before?.ended === true)
    return { ...before.view, outcome: 'alreadyComplete', detail: 'the journal has it to its end' };
  const described = await executions.describe(executionArn);
  if (described === undefined)
    return cannotBackfill(
      executionArn,
      'Step Functions has no such execution; it keeps histories for 90 days. Log records may be kept longer: --from logs',
    );
  const { input = '' } = described;
  const event = uploadEventOf(input);
  // In managed mode the event starts an execution of the derived name, which is there already when that is the name of this one.
  // Else the correlator takes the upload from the input of the execution.
  if (
    event !== undefined &&
    before === undefined &&
    (options.withUpload || isNameOfEvent(executionArn, event))
  )
    await beginStream(operator, event, input);
  await sendRecords(operator, executionArn, await executions.ends(executionArn, options.project));
  if (described.status === 'RUNNING')
    return sentAs(operator, executionArn, 'it still runs; what comes goes on');
  return waitForEnd(operator, executionArn, options, 'built from the history');
}
