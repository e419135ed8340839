import type { InputEvidence, UploadedObject } from '@stepcast/wire';
import { epochOfExecution, executionArnParts, type ExecutionArn, type IdentityId } from '@stepcast/contracts';
import type { Clock } from '@stepcast/kit';
import {
  addressOf,
  claimOfCallers,
  claimsOfEvidence,
  judge,
  keyProblem,
  type Assignment,
  type OwnedAssignment,
  type OwnerClaim,
  type Verdict,
} from '../domain/ownership.ts';
import { newestEpoch } from '../domain/upload-object.ts';
import type { Assigned, ExecutionStore } from '../ports/execution-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Enrolments } from './enrolments.ts';
import type { StreamWriter } from './stream-writer.ts';
import { versionAmong, type UploadVersions, type Version } from './upload-versions.ts';

export type Proof =
  /** An assignment counts from now on: this one, or an earlier one. */
  | ({ readonly kind: 'assigned' } & Assigned)
  /** Nothing proves an owner (yet). */
  | { readonly kind: 'unproven'; readonly reason: string }
  /** The owner is proven; which version of the object it is may be known in a moment. */
  | { readonly kind: 'versionAwaited'; readonly untilMs: number }
  | { readonly kind: 'parentAwaited' };

export interface ProofTimes {
  /** When the execution first came in. The wait for a version counts from then on. */
  readonly firstSeenMs: number;
  readonly startedMs: number | null;
}

interface ProveOwnerDependencies {
  readonly executions: ExecutionStore;
  readonly uploads: UploadStore;
  readonly waitingRoom: WaitingRoom;
  readonly versions: UploadVersions;
  readonly writer: Pick<StreamWriter, 'begin'>;
  readonly enrolments: Pick<Enrolments, 'enrol'>;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
}

/** The object that an execution is about, in the terms that its stream is named by. */
interface Subject {
  readonly executionArn: ExecutionArn;
  readonly object: UploadedObject;
  readonly createdMs: number;
}

type Proven = Extract<Verdict, { readonly kind: 'proven' }>;

/** Weighs what is known of an execution and, when that proves an owner, assigns it for good. */
export class OwnerProver {
  readonly #needs: ProveOwnerDependencies;
  readonly #store: ExecutionStore['assign'];

  /** @param store how an assignment is stored; by default the first one of an execution counts */
  constructor(dependencies: ProveOwnerDependencies, store?: ExecutionStore['assign']) {
    this.#needs = dependencies;
    this.#store =
      store ?? ((executionArn, assignment) => dependencies.executions.assign(executionArn, assignment));
  }

  /** Replaces what another execution claimed by what the execution's own input proves. Waits for no version. */
  async proveAgain(executionArn: ExecutionArn, evidence: InputEvidence, times: ProofTimes): Promise<Proof> {
    const startedMs = times.startedMs ?? times.firstSeenMs;
    const instead = new OwnerProver(this.#needs, async (arn, assignment) => {
      await this.#needs.executions.reassign(arn, assignment);
      return { assignment, awaited: false };
    });
    return instead.prove(executionArn, evidence, { startedMs, firstSeenMs: Number.NEGATIVE_INFINITY });
  }

  async prove(executionArn: ExecutionArn, evidence: InputEvidence, times: ProofTimes): Promise<Proof> {
    const { rules } = this.#needs.settings;
    const { object, parent } = evidence;
    const claims = claimsOfEvidence(rules, evidence);
    if (parent !== undefined && parent !== executionArn)
      return this.#proveNested(executionArn, parent, [
        ...claims,
        ...(await this.#claimOfCallers(evidence, times)),
      ]);
    if (object === undefined) return this.#proveWithoutObject(executionArn, claims);
    const createdMs = object.createdMs ?? times.startedMs ?? times.firstSeenMs;
    const subject = { executionArn, object, createdMs };
    return (
      (await this.#proveBegun(subject, claims, times)) ??
      (await this.#proveFirst(subject, claims)) ??
      (await this.#proveFromStore(subject, claims, times))
    );
  }

  /** Of an upload whose stream this process has begun only the caller can be new. */
  async #proveBegun(
    subject: Subject,
    claims: readonly OwnerClaim[],
    { startedMs }: ProofTimes,
  ): Promise<Proof | undefined> {
    const { object } = subject;
    const { versions, settings } = this.#needs;
    const likely = judge(claims);
    const { epoch } = addressOf(object);
    if (likely.kind !== 'proven' || epoch === undefined) return undefined;
    const version = versions.begun(likely.identityId, object, epoch);
    if (version === undefined) return undefined;
    const callers = namesCaller(claims) ? [] : await versions.callersOf(object);
    const verdict = judge([...claims, ...claimOfCallers(settings.rules, object, callers, startedMs)]);
    return verdict.kind === 'proven' ? this.#assignOwned(subject, verdict, version) : undefined;
  }

  /** Of an upload that nothing has touched there is nothing to read: the input alone decides. */
  async #proveFirst(subject: Subject, claims: readonly OwnerClaim[]): Promise<Proof | undefined> {
    const verdict = judge(claims);
    const { epoch } = addressOf(subject.object);
    if (verdict.kind !== 'proven' || epoch === undefined) return undefined;
    const { versions } = this.#needs;
    const version = await versions.touch(verdict.identityId, subject.object, epoch, subject.createdMs);
    return version === undefined ? undefined : this.#assignOwned(subject, verdict, version);
  }

  async #proveFromStore(subject: Subject, claims: readonly OwnerClaim[], times: ProofTimes): Promise<Proof> {
    const { object, executionArn } = subject;
    const { uploadId } = addressOf(object);
    // Versions are read under the identity that the input names, together with the caller: usually it is the one.
    const likely = claims[0]?.identityId;
    const { callers, versions } = await this.#needs.versions.read(uploadId, likely);
    const seen = namesCaller(claims)
      ? []
      : claimOfCallers(this.#needs.settings.rules, object, callers, times.startedMs);
    const verdict = judge([...claims, ...seen]);
    if (verdict.kind === 'conflict')
      return this.#assign(executionArn, { kind: 'quarantined', reason: verdict.reason });
    if (verdict.kind === 'unproven') {
      const reason = keyProblem(this.#needs.settings.rules, object.bucket, object.key);
      return { kind: 'unproven', reason: reason ?? verdict.reason };
    }
    const known =
      verdict.identityId === likely
        ? versions
        : (await this.#needs.versions.read(uploadId, verdict.identityId)).versions;
    const version = await this.#versionOf(subject, verdict.identityId, known, times);
    return 'kind' in version ? version : this.#assignOwned(subject, verdict, version);
  }

  /** The version that the input names; else the newest; else, after a wait for one, a version of the execution's own. */
  async #versionOf(
    { executionArn, object, createdMs }: Subject,
    identityId: IdentityId,
    known: readonly Version[],
    { firstSeenMs }: ProofTimes,
  ): Promise<Version | Extract<Proof, { readonly kind: 'versionAwaited' }>> {
    const { versions, waitingRoom, uploads, settings, clock } = this.#needs;
    const { epoch, uploadId } = addressOf(object);
    if (epoch !== undefined) return versionAmong(known, identityId, object, epoch, createdMs);
    const newest = newestOf(known);
    if (newest !== undefined) return newest;
    const untilMs = firstSeenMs + settings.epochWaitMs;
    if (clock.nowMs() < untilMs) {
      await uploads.touch(uploadId, { kind: 'waiting' });
      await waitingRoom.enter(uploadId, executionArn);
      const again = await versions.read(uploadId, identityId);
      return newestOf(again.versions) ?? { kind: 'versionAwaited', untilMs };
    }
    return versions.ensure(identityId, object, epochOfExecution(executionArn), createdMs);
  }

  async #assignOwned(
    { executionArn, object }: Subject,
    { identityId, proofs }: Proven,
    { epoch: version, isStored }: Version,
  ): Promise<Proof> {
    const { bucket, key } = object;
    const { uploadId, epoch, epochStartedAt } = version;
    const stream = { identityId, uploadId, epoch, epochStartedAt, bucket, key };
    const assignment: OwnedAssignment = {
      kind: 'owned',
      ...stream,
      source: executionArnParts(executionArn).stateMachineArn,
      nested: false,
      proofs,
    };
    const [proof] = await Promise.all([
      this.#assign(executionArn, assignment),
      isStored ? undefined : this.#needs.uploads.addEpoch(version),
      // Before the first line, and in one call with the others.
      this.#needs.enrolments.enrol(identityId),
    ]);
    // A stream is written only after its version was added, so this one is most likely new.
    if (!isStored) this.#needs.writer.begin(stream);
    return proof;
  }

  async #proveNested(
    executionArn: ExecutionArn,
    parentArn: ExecutionArn,
    claims: readonly OwnerClaim[],
  ): Promise<Proof> {
    const parent = await this.#ownerOfParent(executionArn, parentArn);
    if (parent === undefined) return { kind: 'parentAwaited' };
    if (parent.kind !== 'owned') return this.#assign(executionArn, parent);
    const verdict = judge([{ proof: 'parent', identityId: parent.identityId }, ...claims]);
    return this.#assign(
      executionArn,
      verdict.kind === 'proven'
        ? { ...parent, nested: true, proofs: verdict.proofs }
        : { kind: 'quarantined', reason: verdict.reason },
    );
  }

  async #ownerOfParent(executionArn: ExecutionArn, parent: ExecutionArn): Promise<Assignment | undefined> {
    const { executions } = this.#needs;
    const known = await executions.announce(parent);
    if (known !== undefined) return known;
    await executions.addChild(parent, executionArn);
    // The parent may have been assigned in between, without finding this child.
    return (await executions.load(parent)).assignment;
  }

  #proveWithoutObject(executionArn: ExecutionArn, claims: readonly OwnerClaim[]): Promise<Proof> {
    const verdict = judge(claims);
    if (verdict.kind === 'conflict')
      return this.#assign(executionArn, { kind: 'quarantined', reason: verdict.reason });
    return Promise.resolve({ kind: 'unproven', reason: 'the input names no uploaded object' });
  }

  async #claimOfCallers(
    { object, callerIdentity }: InputEvidence,
    { startedMs }: ProofTimes,
  ): Promise<OwnerClaim[]> {
    if (object === undefined || callerIdentity !== undefined) return [];
    const { callers } = await this.#needs.uploads.known(addressOf(object).uploadId);
    return claimOfCallers(this.#needs.settings.rules, object, callers, startedMs);
  }

  async #assign(executionArn: ExecutionArn, assignment: Assignment): Promise<Proof> {
    return { kind: 'assigned', ...(await this.#store(executionArn, assignment)) };
  }
}

/** The caller in the input wrote this very version. Those in the store may have written others. */
function namesCaller(claims: readonly OwnerClaim[]): boolean {
  return claims.some((claim) => claim.proof === 'callerIdentity');
}

function newestOf(versions: readonly Version[]): Version | undefined {
  const newest = newestEpoch(versions.map((one) => one.epoch));
  return versions.find((one) => one.epoch === newest);
}
