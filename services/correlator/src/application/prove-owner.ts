import {
  epochOfExecution,
  executionArnParts,
  uploadIdOf,
  type ExecutionArn,
  type IdentityId,
  type UploadId,
} from '@stepcast/contracts';
import {
  addressOf,
  claimsOfEvidence,
  judge,
  keyProblem,
  type Assignment,
  type InputEvidence,
  type OwnedAssignment,
  type OwnerClaim,
} from '../domain/ownership.ts';
import { epochStart, newestEpoch, type KnownEpoch, type UploadedObject } from '../domain/upload-object.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { StreamWriter } from './stream-writer.ts';

export type Proof =
  | { readonly kind: 'assigned'; readonly assignment: Assignment }
  /** Nothing proves an owner (yet). */
  | { readonly kind: 'unproven'; readonly reason: string }
  /** The owner is proven; which version of the object it is may be known in a moment. */
  | { readonly kind: 'epochAwaited'; readonly untilMs: number }
  | { readonly kind: 'parentAwaited'; readonly parent: ExecutionArn };

export interface ProveOwner {
  /**
   * Weighs what is known of an execution and, when that proves an owner, assigns it for good.
   * @param firstSeenMs when the execution was first heard of: from then on the wait for a version counts
   */
  prove(
    executionArn: ExecutionArn,
    evidence: InputEvidence,
    times: { readonly firstSeenMs: number; readonly startedMs: number | null },
  ): Promise<Proof>;
  /** The version of an upload, with its start; recorded if it was not. */
  ensureEpoch(
    identityId: IdentityId,
    object: UploadedObject,
    epoch: KnownEpoch['epoch'],
    createdMs: number,
  ): Promise<KnownEpoch>;
}

export function createProveOwner(options: {
  readonly executions: ExecutionStore;
  readonly uploads: UploadStore;
  readonly waitingRoom: WaitingRoom;
  readonly writer: Pick<StreamWriter, 'begin'>;
  readonly settings: CorrelatorSettings;
  readonly nowMs: () => number;
}): ProveOwner {
  const { executions, uploads, waitingRoom, writer, settings, nowMs } = options;
  const { rules } = settings;

  async function ensureEpoch(
    identityId: IdentityId,
    object: UploadedObject,
    epoch: KnownEpoch['epoch'],
    createdMs: number,
    justRead?: readonly KnownEpoch[],
  ): Promise<KnownEpoch> {
    const uploadId = uploadIdOf(object.bucket, object.key);
    const known = justRead ?? (await uploads.epochs(identityId, uploadId));
    const same = known.filter((one) => one.epoch === epoch);
    // Two writers may both have added it, with starts that differ by a fraction: the earlier one counts, for everybody.
    const first = same.toSorted((one, other) => (one.epochStartedAt < other.epochStartedAt ? -1 : 1))[0];
    if (first !== undefined) return first;
    const sequencer = object.sequencer ?? null;
    const epochStartedAt = epochStart(known, createdMs, sequencer);
    const added: KnownEpoch = { identityId, uploadId, epoch, epochStartedAt, sequencer };
    await uploads.addEpoch(added);
    // Whoever writes a stream adds its version first.
    writer.begin({ ...added, bucket: object.bucket, key: object.key });
    return added;
  }

  async function callerClaim(uploadId: UploadId): Promise<OwnerClaim[]> {
    const identityId = await uploads.caller(uploadId);
    return identityId === undefined ? [] : [{ proof: 'callerIdentity', identityId }];
  }

  async function parentOf(executionArn: ExecutionArn, parent: ExecutionArn): Promise<Assignment | undefined> {
    const known = (await executions.load(parent)).assignment;
    if (known !== undefined) return known;
    await executions.addChild(parent, executionArn);
    // The parent may have been assigned in between, and then nobody looks for this child any more.
    return (await executions.load(parent)).assignment;
  }

  async function assign(executionArn: ExecutionArn, assignment: Assignment): Promise<Proof> {
    return { kind: 'assigned', assignment: await executions.assign(executionArn, assignment) };
  }

  async function proveNested(
    executionArn: ExecutionArn,
    parentArn: ExecutionArn,
    claims: readonly OwnerClaim[],
  ): Promise<Proof> {
    const parent = await parentOf(executionArn, parentArn);
    if (parent === undefined) return { kind: 'parentAwaited', parent: parentArn };
    if (parent.kind !== 'owned') return assign(executionArn, parent);
    const verdict = judge([{ proof: 'parent', identityId: parent.identityId }, ...claims]);
    if (verdict.kind !== 'proven')
      return assign(executionArn, { kind: 'quarantined', reason: verdict.reason });
    return assign(executionArn, { ...parent, nested: true, proofs: verdict.proofs });
  }

  return {
    ensureEpoch,
    async prove(executionArn, evidence, { firstSeenMs, startedMs }) {
      const { object, parent } = evidence;
      const address = object === undefined ? undefined : addressOf(object);
      const isNested = parent !== undefined && parent !== executionArn;
      const ofInput = claimsOfEvidence(rules, evidence);
      // Versions are looked up under the identity that the input names, while the caller is: usually it is the one.
      const likely = isNested ? undefined : ofInput[0]?.identityId;
      const [ofCaller, likelyEpochs] =
        address === undefined
          ? [[]]
          : await Promise.all([
              callerClaim(address.uploadId),
              likely === undefined ? undefined : uploads.epochs(likely, address.uploadId),
            ]);
      const claims = [...ofInput, ...ofCaller];
      if (isNested) return proveNested(executionArn, parent, claims);

      const verdict = judge(claims);
      if (verdict.kind === 'conflict')
        return assign(executionArn, { kind: 'quarantined', reason: verdict.reason });
      if (verdict.kind === 'unproven' || object === undefined || address === undefined) {
        const reason = object === undefined ? undefined : keyProblem(rules, object.bucket, object.key);
        return { kind: 'unproven', reason: reason ?? 'the input names no uploaded object' };
      }

      const { identityId } = verdict;
      const createdMs = object.createdMs ?? startedMs ?? firstSeenMs;
      const epochs = identityId === likely ? likelyEpochs : undefined;
      let version: KnownEpoch | undefined;
      if (address.epoch !== undefined) {
        version = await ensureEpoch(identityId, object, address.epoch, createdMs, epochs);
      } else {
        version = newestEpoch(epochs ?? (await uploads.epochs(identityId, address.uploadId)));
        if (version === undefined) {
          const untilMs = firstSeenMs + settings.epochWaitMs;
          if (nowMs() < untilMs) {
            await waitingRoom.enter(address.uploadId, executionArn);
            version = newestEpoch(await uploads.epochs(identityId, address.uploadId));
            if (version === undefined) return { kind: 'epochAwaited', untilMs };
          }
        }
        version ??= await ensureEpoch(identityId, object, epochOfExecution(executionArn), createdMs);
      }
      const assignment: OwnedAssignment = {
        kind: 'owned',
        identityId,
        bucket: object.bucket,
        key: object.key,
        uploadId: address.uploadId,
        epoch: version.epoch,
        epochStartedAt: version.epochStartedAt,
        source: executionArnParts(executionArn).stateMachineArn,
        nested: false,
        proofs: verdict.proofs,
      };
      return assign(executionArn, assignment);
    },
  };
}
