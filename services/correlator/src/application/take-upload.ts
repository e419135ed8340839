import {
  Epoch,
  epochOf,
  executionNameOf,
  ExecutionArn,
  executionArnParts,
  type IdentityId,
} from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import {
  addressOf,
  claimOfKey,
  judge,
  keyProblem,
  type OwnedAssignment,
  type OwnerClaim,
} from '../domain/ownership.ts';
import type { UploadNotice } from '../domain/notices.ts';
import { planUploaded } from '../domain/stream.ts';
import { newestEpoch, type UploadedObject } from '../domain/upload-object.ts';
import type { DeadLetters } from '@stepcast/wire';
import type { ExecutionStarter } from '../ports/execution-directory.port.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Background } from './background.ts';
import type { Outcomes } from './outcomes.ts';
import type { ProveOwner } from './prove-owner.ts';
import type { SettleExecution } from './settle-execution.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { Watching } from './watching.ts';

export interface TakeUpload {
  /** Begins the stream of an upload and, in managed mode, its execution. Repeating it changes nothing. */
  take(notice: UploadNotice): Promise<void>;
}

export function createTakeUpload(options: {
  readonly executions: ExecutionStore;
  readonly watching: Watching;
  readonly uploads: UploadStore;
  readonly waitingRoom: WaitingRoom;
  /** Undefined in observed mode. */
  readonly starter: ExecutionStarter | undefined;
  readonly deadLetters: DeadLetters;
  readonly prover: ProveOwner;
  readonly settler: SettleExecution;
  readonly writer: StreamWriter;
  readonly background: Background;
  readonly outcomes: Outcomes;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}): TakeUpload {
  const { executions, watching, uploads, waitingRoom, starter, deadLetters, prover, settler, writer } =
    options;
  const { background, outcomes, settings, clock, logger } = options;
  const { rules } = settings;

  /** S3 always sends a sequencer with a creation. Should it not, the event itself is the version. */
  function versionOf(object: UploadedObject, createdMs: number): Epoch {
    return (
      epochOf(object) ??
      epochOf({ etag: object.etag, sequencer: String(createdMs) }) ??
      Epoch.parse('unknown')
    );
  }

  async function refuse(code: string, reason: string, original: string): Promise<void> {
    logger.warn({ reason }, 'upload refused');
    await deadLetters.send([{ code, reason, original }]);
  }

  async function takeCreated(object: UploadedObject, input: string): Promise<void> {
    if (object.key.endsWith('/') && (object.sizeBytes ?? 0) === 0) {
      // What consoles make to show an empty folder; nobody uploaded anything.
      outcomes.uploads('ignored');
      return;
    }
    const { uploadId } = addressOf(object);
    const caller = await uploads.caller(uploadId);
    const claims: OwnerClaim[] = claimOfKey(rules, object);
    if (caller !== undefined) claims.push({ proof: 'callerIdentity', identityId: caller });
    const verdict = judge(claims);
    if (verdict.kind === 'conflict') {
      await refuse('CORRELATOR_OWNER_CONFLICT', verdict.reason, input);
      outcomes.uploads('quarantined');
      return;
    }
    if (verdict.kind === 'unproven') {
      const reason = keyProblem(rules, object.bucket, object.key) ?? verdict.reason;
      await refuse('CORRELATOR_UPLOAD_UNOWNED', reason, input);
      outcomes.uploads('dead_lettered');
      return;
    }

    const { identityId, proofs } = verdict;
    const createdMs = object.createdMs ?? clock.nowMs();
    const version = await prover.ensureEpoch(identityId, object, versionOf(object, createdMs), createdMs);
    const { bucket, key } = object;
    const { epoch, epochStartedAt } = version;
    const meta = { identityId, uploadId, epoch, epochStartedAt, bucket, key };
    const name = executionNameOf(bucket, key, epoch);
    if (starter !== undefined) {
      const executionArn = starter.arnOf(name);
      const assignment: OwnedAssignment = {
        kind: 'owned',
        ...meta,
        source: executionArnParts(executionArn).stateMachineArn,
        nested: false,
        proofs: ['managedStart', ...proofs],
      };
      // Before the start: not one record of it can come before its owner is known.
      await watching.begin({ executionArn, sinceMs: clock.nowMs() });
      await executions.assign(executionArn, assignment);
    }
    await writer.write(meta, (head) => ({ entries: planUploaded(head), result: undefined }));
    await writer.ensureHandedOver(meta);
    if (starter !== undefined) {
      await starter.start(name, input);
      outcomes.uploads('started');
    }
    for (const waiting of await waitingRoom.leave(uploadId)) {
      settler.forget(waiting);
      background.after(`wake:${waiting}`, 0, () => settler.settle(waiting, {}));
    }
    outcomes.uploads('taken');
  }

  /**
   * CloudTrail comes minutes late, so an upload is in full swing by then. When it contradicts the owner that the key
   * names, everything that is told of this upload stops here.
   */
  async function takeCaller(object: UploadedObject, identityId: IdentityId): Promise<void> {
    const { uploadId } = addressOf(object);
    await uploads.setCaller(uploadId, identityId);
    outcomes.uploads('taken');
    const verdict = judge([...claimOfKey(rules, object), { proof: 'callerIdentity', identityId }]);
    if (verdict.kind !== 'conflict') return;
    logger.warn({ reason: verdict.reason }, 'upload quarantined');
    outcomes.uploads('quarantined');
    for (const claim of claimOfKey(rules, object)) {
      const version = newestEpoch(await uploads.epochs(claim.identityId, uploadId));
      if (version === undefined) continue;
      const head = await writer.peek({ ...version, bucket: object.bucket, key: object.key });
      for (const arn of head.folds.keys()) {
        const executionArn = ExecutionArn.safeParse(arn).data;
        if (executionArn === undefined) continue;
        await executions.assign(
          executionArn,
          { kind: 'quarantined', reason: verdict.reason },
          { replace: true },
        );
        settler.forget(executionArn);
      }
    }
  }

  return {
    async take(notice) {
      switch (notice.kind) {
        case 'ignored':
          outcomes.uploads('ignored');
          return;
        case 'caller':
          await takeCaller(notice.object, notice.identityId);
          return;
        case 'created':
          await takeCreated(notice.object, notice.input);
      }
    },
  };
}
