import type { UploadId } from '@stepcast/contracts';
import { StepcastError } from './errors.ts';
import type { Positions } from './positions.ts';
import type { Runtime } from './runtime.ts';
import { UploadStream } from './upload-stream.ts';

export interface UploadStreamsParts {
  readonly runtime: Runtime;
  readonly positions: Positions;
  readonly needsCatchUp: (uploadId: UploadId) => void;
  /** An upload is not followed any more. */
  readonly onDropped: (uploadId: UploadId) => void;
  readonly warn: (warning: StepcastError) => void;
}

/** From an upload to the first message of it; S3's event takes a second or so. */
const FIRST_MESSAGE_MS = 5_000;

/** The uploads that are followed: one stream each, which all watches of the upload share. */
export class UploadStreams {
  readonly #parts: UploadStreamsParts;
  readonly #streams = new Map<UploadId, UploadStream>();
  #cancelCheck: (() => void) | undefined;
  #checks = false;

  constructor(parts: UploadStreamsParts) {
    this.#parts = parts;
  }

  get ids(): UploadId[] {
    return [...this.#streams.keys()];
  }

  of(uploadId: UploadId): UploadStream | undefined {
    return this.#streams.get(uploadId);
  }

  /**
   * SUBACK has come: what may have been there before is asked for.
   * @param isExact retained states come with the subscription: an earlier version shows itself
   */
  subscribed(uploadIds: readonly UploadId[], isExact: boolean): void {
    for (const uploadId of uploadIds) {
      const stream = this.#streams.get(uploadId);
      if (isExact && stream?.hasNoPast === true) stream.synchronised();
      else this.#parts.needsCatchUp(uploadId);
    }
  }

  /** The page's own upload is up: its first message comes within seconds, or is asked for. */
  uploaded(stream: UploadStream): void {
    const { runtime, needsCatchUp } = this.#parts;
    stream.uploadEnds();
    const upAtMs = runtime.now();
    runtime.setTimer(() => {
      const isFollowed = this.#streams.get(stream.uploadId) === stream;
      if (this.#checks && isFollowed && stream.lastHeardAtMs <= upAtMs) needsCatchUp(stream.uploadId);
    }, FIRST_MESSAGE_MS);
  }

  /** Follows one more upload, from its stored position if `resume`. */
  follow(uploadId: UploadId, resume: boolean): UploadStream {
    const { positions, runtime, needsCatchUp, warn } = this.#parts;
    positions.follow(uploadId, resume);
    const stream = new UploadStream({
      uploadId,
      resume: positions.of(uploadId),
      runtime,
      needsCatchUp,
      onPosition: (id, position) => positions.save(id, position),
      onSkipped: (id, offset) =>
        warn(new StepcastError('unknownKind', `event ${offset} of upload ${id} is of a kind unknown here`)),
    });
    this.#streams.set(uploadId, stream);
    return stream;
  }

  /** The stored positions have been loaded. */
  resume(): void {
    for (const [uploadId, stream] of this.#streams) {
      const stored = this.#parts.positions.of(uploadId);
      if (stored !== undefined) stream.resumeFrom(stored);
    }
  }

  drop(uploadId: UploadId): void {
    this.#streams.delete(uploadId);
    this.#parts.onDropped(uploadId);
  }

  /** Ends the watches of one upload with an error. */
  fail(uploadId: UploadId, error: StepcastError): void {
    const stream = this.#streams.get(uploadId);
    this.drop(uploadId);
    stream?.fail(error);
  }

  /**
   * Uploads that have been silent are asked about: what was lost at their end has nothing behind it to show it.
   * @param delayMs until the first check
   * @param intervalMs between those after it; 0 turns all of them off
   */
  checkSilent(delayMs: number, intervalMs: number): void {
    this.#cancelCheck?.();
    this.#checks = intervalMs > 0;
    if (!this.#checks) return;
    const { runtime, needsCatchUp } = this.#parts;
    this.#cancelCheck = runtime.setTimer(() => {
      const silentSinceMs = runtime.now() - delayMs;
      for (const [uploadId, stream] of this.#streams)
        if (!stream.complete && !stream.isUploading && stream.lastHeardAtMs <= silentSinceMs)
          needsCatchUp(uploadId);
      this.checkSilent(intervalMs, intervalMs);
    }, delayMs);
  }

  disconnected(): void {
    this.#cancelCheck?.();
    this.#checks = false;
    for (const stream of this.#streams.values()) stream.disconnected();
  }
}
