import {
  type Epoch,
  ExecutionArn,
  executionArnParts,
  executionNameOf,
  isTerminal,
  type UploadState,
} from '@stepcast/contracts';
import { EpochBody, JOURNAL_KEYS, journalKeys, QUEUE_NAMES } from '@stepcast/wire';
import * as z from 'zod';
import {
  bodyOf,
  entriesOf,
  epochOfEvent,
  epochsOf,
  EXIT,
  type FoundUpload,
  nextSequencer,
  type Operator,
  OperatorError,
  ownerOf,
  stateOf,
  uploadEventOf,
  waitUntil,
} from '@stepcast/operations';

/** The workflow cannot be started again as things are. Nothing was done. */
export class NotReprocessedError extends OperatorError {
  readonly code = 'CLI_NOT_REPROCESSED';
  readonly retryable = false;
  readonly exitCode = EXIT.warnings;
}

/** What starting the workflow of an upload again takes, worked out before anybody is asked. */
export interface ReprocessPlan extends FoundUpload {
  readonly bucket: string;
  readonly key: string;
  readonly previousEpoch: Epoch;
  /** Made of the previous one: the same plan twice is one version, one epoch, one execution. */
  readonly newEpoch: Epoch;
  readonly executionName: string;
  readonly stateMachineArn: string;
  /** The event of the upload, about a version of its own. */
  readonly event: string;
  /** Stepcast starts executions itself. */
  readonly managed: boolean;
  readonly dropsVersionId: boolean;
}

/** @throws NotReprocessedError saying why not, and what helps */
export async function planReprocess(operator: Operator, upload: FoundUpload): Promise<ReprocessPlan> {
  const { table, executions, clock } = operator;
  const { identityId, uploadId } = upload;
  const cannot = (why: string) => new NotReprocessedError(`nothing was started: ${why}`);
  const newest = (await epochsOf(table, identityId, uploadId)).at(-1);
  const state =
    newest === undefined ? undefined : stateOf(await entriesOf(table, { ...upload, epoch: newest.epoch }));
  if (newest === undefined || state === undefined)
    throw cannot('no state of the upload is left in the journal');
  if (!isTerminal(state.status)) throw cannot(`epoch ${newest.epoch} is ${state.status}; wait for its end`);
  const executionArn = lastExecutionOf(state);
  if (executionArn === undefined) throw cannot('no execution of the upload is known');
  const described = await executions.describe(executionArn);
  if (described === undefined)
    throw cannot('Step Functions has forgotten its last execution (90 days); upload the object again');
  const event = described.input === undefined ? undefined : uploadEventOf(described.input);
  if (event === undefined)
    throw cannot('the input of its last execution is no event of S3; start the workflow by hand');
  const sequencer = await sequencerOf(operator, upload, newest);
  const next = sequencer === null ? undefined : nextSequencer(sequencer);
  if (next === undefined)
    throw cannot('the version has no sequencer, so no later version can be named; upload the object again');
  const text = event.withVersion(next, clock.nowMs());
  const again = uploadEventOf(text);
  const newEpoch = again === undefined ? undefined : epochOfEvent(again);
  if (newEpoch === undefined) throw cannot('no version can be made of its event');
  const owner = await ownerOf(table, executionArn);
  return {
    ...upload,
    bucket: event.bucket,
    key: event.key,
    previousEpoch: newest.epoch,
    newEpoch,
    executionName: executionNameOf(event.bucket, event.key, newEpoch),
    stateMachineArn: executionArnParts(executionArn).stateMachineArn,
    event: text,
    managed: owner?.kind === 'owned' && owner.proofs.includes('managedStart'),
    dropsVersionId: event.versionId !== undefined,
  };
}

function lastExecutionOf({ executions }: UploadState): ExecutionArn | undefined {
  const last = executions.findLast(({ nested }) => nested !== true);
  return ExecutionArn.safeParse(last?.executionArn).data;
}

async function sequencerOf(
  { table }: Operator,
  { identityId, uploadId }: FoundUpload,
  { epoch, epochStartedAt }: { readonly epoch: Epoch; readonly epochStartedAt: string },
): Promise<string | null> {
  const { pk, sk } = journalKeys.epoch(identityId, uploadId, epoch, epochStartedAt);
  const item = await table.get(pk, sk);
  return item === undefined ? null : bodyOf(EpochBody, item).sequencer;
}

const CLAIM_SECONDS = 30 * 86_400;
const ClaimBody = z.object({ event: z.string() });

/** The event with which the new version begins: of several who ask for it at a time, that of the first, so that it begins once. */
async function claimed({ table, clock }: Operator, plan: ReprocessPlan): Promise<string> {
  const [pk, sk] = ['audit#reprocess', `${plan.uploadId}#${plan.newEpoch}`];
  const written = await table.insert({
    [JOURNAL_KEYS.partition]: { S: pk },
    [JOURNAL_KEYS.sort]: { S: sk },
    [JOURNAL_KEYS.body]: { S: JSON.stringify({ event: plan.event }) },
    [JOURNAL_KEYS.expiresAt]: { N: String(Math.floor(clock.nowMs() / 1_000) + CLAIM_SECONDS) },
  });
  const item = written === 'written' ? undefined : await table.get(pk, sk);
  return item === undefined ? plan.event : bodyOf(ClaimBody, item).event;
}

/**
 * Starts the workflow for a new version of the upload. Repeating it with the same plan starts nothing more: version, epoch and
 * name of the execution are all made of the version before.
 * @returns what came of it, in words
 */
export async function reprocess(operator: Operator, plan: ReprocessPlan, waitMs: number): Promise<string> {
  const { queues, executions, table } = operator;
  const event = await claimed(operator, plan);
  await queues.send(QUEUE_NAMES.uploads, event);
  if (!plan.managed) await executions.start(plan.stateMachineArn, plan.executionName, event);
  const seen = await waitUntil(operator, waitMs, async () => {
    const epochs = await epochsOf(table, plan.identityId, plan.uploadId);
    return epochs.find(({ epoch }) => epoch === plan.newEpoch);
  });
  return seen === undefined
    ? `sent to ${QUEUE_NAMES.uploads}; epoch ${plan.newEpoch} has not begun yet ("stepcast lookup ${plan.uploadId}")`
    : `epoch ${plan.newEpoch} has begun, after ${plan.previousEpoch}`;
}
