import type { IdentityId, UploadId } from '@stepcast/contracts';
import type { StepcastError } from './errors.ts';
import { type PositionStorage, PositionStore } from './position-store.ts';
import type { Runtime } from './runtime.ts';
import type { StreamPosition } from './stream-merger.ts';

/**
 * Positions of one client: those of earlier pages, once the identity is known, and those of now. Without a storage it knows
 * nothing and keeps nothing.
 */
export class Positions {
  readonly #storage: PositionStorage | undefined;
  readonly #namespace: string;
  readonly #runtime: Runtime;
  readonly #warn: (warning: StepcastError) => void;
  #known = new Map<string, StreamPosition>();
  /** Uploads whose watch asked for everything from the first event. */
  readonly #fromStart = new Set<UploadId>();
  #store: PositionStore | undefined;

  constructor(
    storage: PositionStorage | undefined,
    namespace: string,
    runtime: Runtime,
    warn: (warning: StepcastError) => void,
  ) {
    this.#storage = storage;
    this.#namespace = namespace;
    this.#runtime = runtime;
    this.#warn = warn;
  }

  /** Reads what is stored for an identity. @returns false when that was done before */
  async load(identityId: IdentityId): Promise<boolean> {
    if (this.#store !== undefined) return false;
    const store = new PositionStore(this.#storage, this.#namespace, identityId, this.#runtime, this.#warn);
    this.#known = new Map(await store.load());
    this.#store = store;
    return true;
  }

  /** An upload is followed from now on; from its stored position or from its start. */
  follow(uploadId: UploadId, resume: boolean): void {
    if (resume) this.#fromStart.delete(uploadId);
    else this.#fromStart.add(uploadId);
  }

  /** Where to go on with an upload. */
  of(uploadId: UploadId): StreamPosition | undefined {
    return this.#fromStart.has(uploadId) ? undefined : this.#known.get(uploadId);
  }

  save(uploadId: UploadId, position: StreamPosition): void {
    if (this.#storage === undefined) return;
    this.#known.set(uploadId, position);
    this.#store?.save(uploadId, position);
  }

  async flush(): Promise<void> {
    await this.#store?.flush();
  }
}
