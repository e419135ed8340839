import type { UploadedObject } from '@stepcast/wire';
import type { IdentityId, UploadId } from '@stepcast/contracts';
import { createLru } from '@stepcast/kit';
import { addressOf, type SeenCaller } from '../domain/ownership.ts';
import { epochStart, type KnownEpoch } from '../domain/upload-object.ts';
import type { UploadStore } from '../ports/upload-store.port.ts';

/** A version of an upload, with its start. */
export interface Version {
  readonly epoch: KnownEpoch;
  /** Its item is in the store. If not, it must be added before its stream is written. */
  readonly isStored: boolean;
}

/** What is known of an upload. */
export interface UploadKnowledge {
  readonly callers: readonly SeenCaller[];
  readonly versions: readonly Version[];
}

/** An estimate of what a version takes in memory, keys included. */
const VERSION_BYTES = 600;
const MAX_BEGUN_BYTES = 4 * 1024 * 1024;

/** Finds out which versions an upload has, and when each began. */
export class UploadVersions {
  readonly #uploads: UploadStore;
  /** Versions whose streams this process has begun: they are in the store. */
  readonly #begun = createLru<string, KnownEpoch>({
    maxBytes: MAX_BEGUN_BYTES,
    bytesOf: () => VERSION_BYTES,
  });

  constructor(uploads: UploadStore) {
    this.#uploads = uploads;
  }

  /** Remembers that this process has begun the stream of a version. */
  noteBegun(version: KnownEpoch): void {
    this.#begun.set(keyOf(version), version);
  }

  /** The version, if this process has begun its stream: the upload need not be touched again for it, nor its versions read. */
  begun(identityId: IdentityId, object: UploadedObject, epoch: KnownEpoch['epoch']): Version | undefined {
    const version = this.#begun.get(keyOf({ identityId, uploadId: addressOf(object).uploadId, epoch }));
    return version === undefined ? undefined : { epoch: version, isStored: true };
  }

  /** Who wrote the key, as CloudTrail has it. */
  async callersOf(object: UploadedObject): Promise<readonly SeenCaller[]> {
    return (await this.#uploads.known(addressOf(object).uploadId)).callers;
  }

  /**
   * Touches the upload with a version of it.
   * @returns the version when nothing was known of the upload before, no caller and no version; else undefined
   */
  async touch(
    identityId: IdentityId,
    object: UploadedObject,
    epoch: KnownEpoch['epoch'],
    createdMs: number,
  ): Promise<Version | undefined> {
    const version = newVersion([], identityId, object, epoch, createdMs);
    const touched = await this.#uploads.touch(version.epoch.uploadId, {
      kind: 'version',
      version: version.epoch,
    });
    return touched === 'first' ? version : undefined;
  }

  /** Reads what is known. @param identityId whose versions are wanted; undefined when no identity is known */
  async read(uploadId: UploadId, identityId: IdentityId | undefined): Promise<UploadKnowledge> {
    const [{ callers, firstVersion }, epochs] = await Promise.all([
      this.#uploads.known(uploadId),
      identityId === undefined ? [] : this.#uploads.epochs(identityId, uploadId),
    ]);
    const versions = epochs.map((epoch): Version => ({ epoch, isStored: true }));
    const isThere = (one: KnownEpoch) =>
      epochs.some((other) => other.epoch === one.epoch && other.epochStartedAt === one.epochStartedAt);
    if (firstVersion !== undefined && firstVersion.identityId === identityId && !isThere(firstVersion))
      versions.push({ epoch: firstVersion, isStored: false });
    return { callers, versions };
  }

  /** The version of an upload, touched: of what is known already, or a new one. */
  async ensure(
    identityId: IdentityId,
    object: UploadedObject,
    epoch: KnownEpoch['epoch'],
    createdMs: number,
  ): Promise<Version> {
    const first = await this.touch(identityId, object, epoch, createdMs);
    if (first !== undefined) return first;
    const { versions } = await this.read(addressOf(object).uploadId, identityId);
    return versionAmong(versions, identityId, object, epoch, createdMs);
  }
}

function keyOf({
  identityId,
  uploadId,
  epoch,
}: Pick<KnownEpoch, 'identityId' | 'uploadId' | 'epoch'>): string {
  return `${identityId}#${uploadId}#${epoch}`;
}

/** The version of this epoch if it is known, else a new one that begins in the right order. */
export function versionAmong(
  versions: readonly Version[],
  identityId: IdentityId,
  object: UploadedObject,
  epoch: KnownEpoch['epoch'],
  createdMs: number,
): Version {
  // Two writers may both have added it, with starts that differ by a fraction: the earlier one counts, for everybody.
  const [first] = versions
    .filter((one) => one.epoch.epoch === epoch)
    .toSorted((one, other) => (one.epoch.epochStartedAt < other.epoch.epochStartedAt ? -1 : 1));
  return (
    first ??
    newVersion(
      versions.map((one) => one.epoch),
      identityId,
      object,
      epoch,
      createdMs,
    )
  );
}

function newVersion(
  known: readonly KnownEpoch[],
  identityId: IdentityId,
  object: UploadedObject,
  epoch: KnownEpoch['epoch'],
  createdMs: number,
): Version {
  const sequencer = object.sequencer ?? null;
  const epochStartedAt = epochStart(known, createdMs, sequencer);
  const { uploadId } = addressOf(object);
  return { epoch: { identityId, uploadId, epoch, epochStartedAt, sequencer }, isStored: false };
}
