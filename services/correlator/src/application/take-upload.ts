import {
  Epoch,
  epochOf,
  executionArnParts,
  executionNameOf,
  ExecutionArn,
  type IdentityId,
  type StreamMeta,
} from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import type { DeadLetterCode, DeadLetters, UploadedObject } from '@stepcast/wire';
import type { UploadNotice } from '../domain/notices.ts';
import {
  addressOf,
  claimOfCallers,
  claimOfKey,
  judge,
  keyProblem,
  seenCaller,
  type OwnerClaim,
  type SeenCaller,
  type Verdict,
} from '../domain/ownership.ts';
import { planUploaded } from '../domain/stream.ts';
import type { ExecutionStarter } from '../ports/execution-directory.port.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { CorrelatorMetrics } from './correlator-metrics.ts';
import type { Enrolments } from './enrolments.ts';
import type { Executions } from './executions.ts';
import type { FollowUp } from './follow-ups.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { UploadTraces } from './upload-traces.ts';
import { versionAmong, type UploadVersions, type Version } from './upload-versions.ts';
import type { Watching } from './watching.ts';

export interface UploadTaker {
  /**
   * Begins the stream of an upload and, in managed mode, its execution. Repeating it changes nothing. Resolves when what it
   * emitted is settled.
   */
  take(notice: UploadNotice): Promise<void>;
}

export interface UploadTakerOptions {
  readonly store: ExecutionStore;
  readonly watching: Watching;
  readonly uploads: UploadStore;
  readonly versions: UploadVersions;
  readonly waitingRoom: WaitingRoom;
  /** Undefined in observed mode. */
  readonly starter: ExecutionStarter | undefined;
  readonly deadLetters: DeadLetters;
  readonly executions: Pick<Executions, 'forget'>;
  readonly writer: StreamWriter;
  readonly enrolments: Pick<Enrolments, 'enrol'>;
  readonly schedule: (followUps: readonly FollowUp[]) => void;
  readonly metrics: CorrelatorMetrics;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined where nothing is traced. */
  readonly traces: UploadTraces | undefined;
}

type Proven = Extract<Verdict, { readonly kind: 'proven' }>;

/** Whose upload it is, and which version of the object. */
interface OwnedUpload {
  readonly proven: Proven;
  readonly version: Version;
  /** Something touched the upload before: an execution may wait for the version. */
  readonly isKnown: boolean;
}

export function createUploadTaker(options: UploadTakerOptions): UploadTaker {
  const { store, watching, uploads, versions, waitingRoom, starter, deadLetters, executions } = options;
  const { writer, enrolments, schedule, metrics, settings, clock, logger, traces } = options;
  const { rules } = settings;

  async function refuse(
    object: UploadedObject,
    code: DeadLetterCode,
    reason: string,
    original: string,
  ): Promise<void> {
    await deadLetters.send([{ code, reason, queue: 'uploads', original }]);
    logger.warn({ uploadId: addressOf(object).uploadId, reason }, 'upload refused');
  }

  /** Reads nothing where the key proves the owner and nothing is known of the upload. */
  async function resolve(object: UploadedObject): Promise<OwnedUpload | Exclude<Verdict, Proven>> {
    const createdMs = object.createdMs ?? clock.nowMs();
    const epoch = versionNameOf(object, createdMs);
    const ofKey: OwnerClaim[] = claimOfKey(rules, object);
    const byKey = judge(ofKey);
    if (byKey.kind === 'proven') {
      const version = await versions.touch(byKey.identityId, object, epoch, createdMs);
      if (version !== undefined) return { proven: byKey, version, isKnown: false };
    }
    const likely = ofKey[0]?.identityId;
    const { uploadId } = addressOf(object);
    const known = await versions.read(uploadId, likely);
    const ofCaller = claimOfCallers(rules, object, known.callers);
    const verdict = judge([...ofKey, ...ofCaller]);
    if (verdict.kind !== 'proven') return verdict;
    const { identityId } = verdict;
    const version =
      identityId === likely
        ? versionAmong(known.versions, identityId, object, epoch, createdMs)
        : await versions.ensure(identityId, object, epoch, createdMs);
    return { proven: verdict, version, isKnown: true };
  }

  async function takeCreated(object: UploadedObject, input: string): Promise<void> {
    if (object.key.endsWith('/') && (object.sizeBytes ?? 0) === 0) {
      // Consoles make such objects to show an empty folder. Nobody uploaded anything.
      metrics.uploads('ignored');
      return;
    }
    const upload = await resolve(object);
    if ('kind' in upload) {
      await refuseUpload(object, upload, input);
      return;
    }
    await begin(object, upload, input);
    if (upload.isKnown) await wakeWaiting(object);
    metrics.uploads('taken');
  }

  async function refuseUpload(
    object: UploadedObject,
    verdict: Exclude<Verdict, Proven>,
    input: string,
  ): Promise<void> {
    if (verdict.kind === 'conflict') {
      await refuse(object, 'CORRELATOR_OWNER_CONFLICT', verdict.reason, input);
      metrics.uploads('quarantined');
      return;
    }
    const reason = keyProblem(rules, object.bucket, object.key) ?? verdict.reason;
    await refuse(object, 'CORRELATOR_UPLOAD_UNOWNED', reason, input);
    metrics.uploads('dead_lettered');
  }

  async function begin(
    object: UploadedObject,
    { proven, version }: OwnedUpload,
    input: string,
  ): Promise<void> {
    const { bucket, key } = object;
    const { identityId, uploadId, epoch, epochStartedAt } = version.epoch;
    const stream: StreamMeta = { identityId, uploadId, epoch, epochStartedAt, bucket, key };
    const name = executionNameOf(bucket, key, epoch);
    await Promise.all([
      version.isStored ? undefined : uploads.addEpoch(version.epoch),
      enrolments.enrol(identityId),
      // Before the start: none of its records can come in before its owner is known.
      starter === undefined ? undefined : assignBeforeStart(starter.arnOf(name), stream, proven),
    ]);
    if (!version.isStored) writer.begin(stream);
    logger.debug({ uploadId, epoch }, 'upload taken');
    versions.noteBegun(version.epoch);
    const { settled, followUps } = await writer.write(stream, (head) => ({
      entries: planUploaded(head),
      changedWithoutEntry: false,
      result: undefined,
    }));
    schedule(followUps);
    if (starter !== undefined) {
      await start(starter, stream, name, input);
      logger.debug({ executionArn: starter.arnOf(name), uploadId, epoch }, 'execution started');
      metrics.uploads('started');
    }
    traces?.uploadTaken(stream, object.createdMs ?? clock.nowMs());
    await settled;
  }

  async function start(
    starter: ExecutionStarter,
    stream: StreamMeta,
    name: string,
    input: string,
  ): Promise<void> {
    if (traces === undefined) return starter.start(name, input);
    const fromMs = clock.nowMs();
    try {
      await starter.start(name, input);
    } catch (thrown) {
      traces.workflowStarted(stream, fromMs, true);
      throw thrown;
    }
    traces.workflowStarted(stream, fromMs, false);
  }

  async function assignBeforeStart(
    executionArn: ExecutionArn,
    stream: StreamMeta,
    { proofs }: Proven,
  ): Promise<void> {
    const [{ awaited }] = await Promise.all([
      store.assign(executionArn, {
        kind: 'owned',
        ...stream,
        source: executionArnParts(executionArn).stateMachineArn,
        nested: false,
        proofs: ['managedStart', ...proofs],
      }),
      watching.begin({ executionArn, sinceMs: clock.nowMs() }),
    ]);
    // A repeated event, or records that overtook the first one.
    if (awaited) schedule([{ kind: 'recheck', executionArn, afterMs: 0 }]);
  }

  async function wakeWaiting(object: UploadedObject): Promise<void> {
    for (const executionArn of await waitingRoom.leave(addressOf(object).uploadId))
      schedule([{ kind: 'process', executionArn, afterMs: 0 }]);
  }

  /**
   * CloudTrail comes minutes late, so an upload is in full swing by then. Who wrote a version under somebody else's key has
   * what is emitted of that version stopped, and of no other: the owner's own uploads go on.
   */
  async function takeCaller(object: UploadedObject, identityId: IdentityId): Promise<void> {
    const { uploadId } = addressOf(object);
    const caller = seenCaller(object, identityId);
    if ((await uploads.touch(uploadId, { kind: 'caller', caller })) === 'known')
      await uploads.addCaller(uploadId, caller);
    metrics.uploads('taken');
    const ofKey = claimOfKey(rules, object);
    const [owner] = ofKey;
    if (owner === undefined || owner.identityId === identityId) return;
    logger.warn({ uploadId }, 'somebody else wrote an object under a pinned prefix');
    const verdict = judge([...ofKey, ...claimOfCallers(rules, object, [caller])]);
    if (verdict.kind !== 'conflict') return;
    metrics.uploads('quarantined');
    await quarantineVersion(object, owner, caller, verdict.reason);
  }

  async function quarantineVersion(
    object: UploadedObject,
    owner: OwnerClaim,
    { epoch }: SeenCaller,
    reason: string,
  ): Promise<void> {
    const known = await versions.read(addressOf(object).uploadId, owner.identityId);
    const version = known.versions.find((one) => one.epoch.epoch === epoch);
    if (version === undefined) return;
    const head = await writer.peek({ ...version.epoch, bucket: object.bucket, key: object.key });
    for (const arn of [...head.folds.keys()]) {
      const executionArn = ExecutionArn.safeParse(arn).data;
      if (executionArn === undefined) continue;
      await store.reassign(executionArn, { kind: 'quarantined', reason });
      executions.forget(executionArn);
    }
  }

  return {
    async take(notice) {
      switch (notice.kind) {
        case 'ignored':
          metrics.uploads('ignored');
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

/** S3 always sends a sequencer with a creation. Should it not, the event itself is the version. */
function versionNameOf(object: UploadedObject, createdMs: number): Epoch {
  return (
    epochOf(object) ?? epochOf({ etag: object.etag, sequencer: String(createdMs) }) ?? Epoch.parse('unknown')
  );
}
