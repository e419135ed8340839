import {
  executionArnParts,
  executionNameOf,
  isTerminal,
  uploadIdOf,
  type ExecutionArn,
} from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { QUEUE_NAMES, queueText } from '@stepcast/wire';
import {
  type DescribedExecution,
  entriesOf,
  epochOfEvent,
  epochsOf,
  type Operator,
  ownerOf,
  ownersOf,
  stateOf,
  type UploadEvent,
  uploadEventOf,
  waitUntil,
} from '@stepcast/operations';

export interface BackfillOptions {
  /** Send the upload's event too where the execution's name does not say that Stepcast started it. */
  readonly withUpload: boolean;
  readonly waitMs: number;
}

/** What came of one execution. */
export interface Backfilled {
  readonly executionArn: string;
  readonly outcome: 'complete' | 'alreadyComplete' | 'sent' | 'impossible';
  readonly detail: string;
  readonly identityId: string | null;
  readonly uploadId: string | null;
  readonly lastOffset: number | null;
}

const UPLOAD_WAIT_MS = 15_000;

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
  const { executions, queues, newId } = operator;
  const cannot = (detail: string): Backfilled => ({ ...none(executionArn), outcome: 'impossible', detail });
  if (executionArnParts(executionArn).kind === 'express')
    return cannot('an Express execution has no history; send its log records to the forwarder again instead');
  const before = await standing(operator, executionArn);
  if (before?.ended === true)
    return { ...before.view, outcome: 'alreadyComplete', detail: 'the journal has it to its end' };
  const described = await executions.describe(executionArn);
  if (described === undefined)
    return cannot('Step Functions has no such execution; it keeps histories for 90 days');
  const event = described.input === undefined ? undefined : uploadEventOf(described.input);
  if (event !== undefined && before === undefined && mayStartNothing(executionArn, event, options)) {
    await queues.send(QUEUE_NAMES.uploads, described.input ?? '');
    // First the upload, then the execution, as it was the first time: that is the order of the stream.
    await waitUntil(operator, UPLOAD_WAIT_MS, () => begun(operator, event));
  }
  const records = await executions.ends(executionArn);
  await queues.send(QUEUE_NAMES.events, queueText({ version: 1, executionArn, records, reload: true }), {
    groupId: executionArn,
    deduplicationId: hexDigest(newId()),
  });
  return waitForEnd(operator, executionArn, described, options);
}

/**
 * Whether the event of an upload starts no workflow: in managed mode it starts an execution of the derived name, which is
 * there already when that is the name of this one.
 */
function mayStartNothing(
  executionArn: ExecutionArn,
  event: UploadEvent,
  { withUpload }: BackfillOptions,
): boolean {
  const epoch = epochOfEvent(event);
  const derived = epoch === undefined ? undefined : executionNameOf(event.bucket, event.key, epoch);
  return withUpload || executionArnParts(executionArn).executionName === derived;
}

async function begun({ table }: Operator, event: UploadEvent): Promise<true | undefined> {
  const uploadId = uploadIdOf(event.bucket, event.key);
  const epoch = epochOfEvent(event);
  for (const identityId of await ownersOf(table, uploadId)) {
    const epochs = await epochsOf(table, identityId, uploadId);
    const known = epochs.find((one) => one.epoch === epoch);
    if (known === undefined) continue;
    if ((await entriesOf(table, { identityId, uploadId, epoch: known.epoch })).length > 0) return true;
  }
  return undefined;
}

async function waitForEnd(
  operator: Operator,
  executionArn: ExecutionArn,
  { status }: DescribedExecution,
  { waitMs }: BackfillOptions,
): Promise<Backfilled> {
  if (status === 'RUNNING') {
    const now = await standing(operator, executionArn);
    return {
      ...(now?.view ?? none(executionArn)),
      outcome: 'sent',
      detail: 'it still runs; what comes goes on',
    };
  }
  const ended = await waitUntil(operator, waitMs, async () => {
    const now = await standing(operator, executionArn);
    return now?.ended === true ? now : undefined;
  });
  if (ended !== undefined) return { ...ended.view, outcome: 'complete', detail: 'built from the history' };
  const now = await standing(operator, executionArn);
  return {
    ...(now?.view ?? none(executionArn)),
    outcome: 'sent',
    detail: `not at its end after ${Math.round(waitMs / 1_000)} s; "stepcast lookup" says what it waits for`,
  };
}

type View = Omit<Backfilled, 'outcome' | 'detail'>;

function none(executionArn: ExecutionArn): View {
  return { executionArn, identityId: null, uploadId: null, lastOffset: null };
}

/** How far the journal has an execution; `undefined`: not at all. */
async function standing(
  { table }: Operator,
  executionArn: ExecutionArn,
): Promise<{ readonly view: View; readonly ended: boolean } | undefined> {
  const owner = await ownerOf(table, executionArn);
  if (owner?.kind !== 'owned') return undefined;
  const { identityId, uploadId, epoch } = owner;
  const entries = await entriesOf(table, { identityId, uploadId, epoch });
  const execution = stateOf(entries)?.executions.find((one) => one.executionArn === executionArn);
  if (execution === undefined) return undefined;
  return {
    view: { executionArn, identityId, uploadId, lastOffset: entries.at(-1)?.lastOffset ?? null },
    ended: isTerminal(execution.status),
  };
}
