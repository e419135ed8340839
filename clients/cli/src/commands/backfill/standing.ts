import {
  executionNameOf,
  executionArnParts,
  isTerminal,
  uploadIdOf,
  type ExecutionArn,
} from '@stepcast/contracts';
import { QUEUE_NAMES } from '@stepcast/wire';
import {
  entriesOf,
  epochOfEvent,
  epochsOf,
  type Operator,
  ownerOf,
  ownersOf,
  stateOf,
  type UploadEvent,
  waitUntil,
} from '@stepcast/operations';

/** What came of one execution. */
export interface Backfilled {
  readonly executionArn: string;
  readonly outcome: 'complete' | 'alreadyComplete' | 'sent' | 'impossible';
  readonly detail: string;
  readonly identityId: string | null;
  readonly uploadId: string | null;
  readonly lastOffset: number | null;
}

type View = Omit<Backfilled, 'outcome' | 'detail'>;

export function cannotBackfill(executionArn: ExecutionArn, detail: string): Backfilled {
  return { ...none(executionArn), outcome: 'impossible', detail };
}

function none(executionArn: ExecutionArn): View {
  return { executionArn, identityId: null, uploadId: null, lastOffset: null };
}

/** How far the journal has an execution; `undefined`: not at all. */
export async function standingOf(
  { table }: Pick<Operator, 'table'>,
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

/** Whether an event names the version of an object for which Stepcast starts an execution under this very name. */
export function isNameOfEvent(executionArn: ExecutionArn, event: UploadEvent): boolean {
  const epoch = epochOfEvent(event);
  return (
    epoch !== undefined &&
    executionArnParts(executionArn).executionName === executionNameOf(event.bucket, event.key, epoch)
  );
}

const UPLOAD_WAIT_MS = 15_000;

/**
 * Sends the event of an upload, and waits until its stream has begun. First the upload, then the execution, as it was the first
 * time: that is the order of the stream.
 */
export async function beginStream(operator: Operator, event: UploadEvent, text: string): Promise<void> {
  await operator.queues.send(QUEUE_NAMES.uploads, text);
  await waitUntil(operator, UPLOAD_WAIT_MS, () => hasBegun(operator, event));
}

async function hasBegun({ table }: Operator, event: UploadEvent): Promise<true | undefined> {
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

/** The execution as it stands now, with what is to be said of it. */
export async function sentAs(
  operator: Operator,
  executionArn: ExecutionArn,
  detail: string,
): Promise<Backfilled> {
  const now = await standingOf(operator, executionArn);
  return { ...(now?.view ?? none(executionArn)), outcome: 'sent', detail };
}

/** Waits until the journal has the execution to its end. @param built how, in words */
export async function waitForEnd(
  operator: Operator,
  executionArn: ExecutionArn,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  built: string,
): Promise<Backfilled> {
  const ask = async () => {
    const now = await standingOf(operator, executionArn);
    return now?.ended === true ? now : undefined;
  };
  const ended = await waitUntil(operator, waitMs, ask, signal);
  if (ended !== undefined) return { ...ended.view, outcome: 'complete', detail: built };
  if (signal.aborted) return sentAs(operator, executionArn, 'sent; interrupted before its end came');
  return sentAs(
    operator,
    executionArn,
    `not at its end after ${Math.round(waitMs / 1_000)} s; "stepcast lookup" says what it waits for`,
  );
}
