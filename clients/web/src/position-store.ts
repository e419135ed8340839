import { Epoch, type IdentityId, parseJson, type UploadId } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { asError, StepcastError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import type { StreamPosition } from './stream-merger.ts';

/** Anything that keeps text by key: `localStorage`, `sessionStorage`, React Native's AsyncStorage, a Map behind two functions. */
export interface PositionStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
}

const Stored = z.record(
  z.string(),
  z.object({
    epoch: Epoch,
    offset: z.number().check(z.int(), z.gte(0)),
    epochStartedAt: z.iso.datetime(),
    savedAt: z.number(),
  }),
);
type Stored = z.infer<typeof Stored>;

/** Uploads remembered per identity; the ones saved longest ago go first. */
const MAX_POSITIONS = 200;
/** Positions are written at most this often. What a crash loses is handed over again, never left out. */
const WRITE_DELAY_MS = 250;

/**
 * Keeps positions over a page reload, in one entry per namespace and identity. Several tabs share the entry: each writes its own
 * uploads into what is there. Never throws: without storage a reload gets earlier events again, which is all.
 */
export class PositionStore {
  readonly #storage: PositionStorage | undefined;
  readonly #key: string;
  readonly #runtime: Runtime;
  readonly #warn: (warning: StepcastError) => void;
  #dirty: Stored = {};
  #cancelWrite: (() => void) | undefined;

  constructor(
    storage: PositionStorage | undefined,
    namespace: string,
    identityId: IdentityId,
    runtime: Runtime,
    warn: (warning: StepcastError) => void,
  ) {
    this.#storage = storage;
    this.#key = `stepcast:${namespace}:${identityId}`;
    this.#runtime = runtime;
    this.#warn = warn;
  }

  /** Everything stored for this identity. */
  async load(): Promise<ReadonlyMap<string, StreamPosition>> {
    try {
      return new Map(Object.entries(this.#parse(await this.#storage?.getItem(this.#key))));
    } catch (thrown) {
      this.#fail('read', thrown);
      return new Map();
    }
  }

  save(uploadId: UploadId, position: StreamPosition): void {
    if (this.#storage === undefined) return;
    this.#dirty[uploadId] = { ...position, savedAt: this.#runtime.now() };
    this.#cancelWrite ??= this.#runtime.setTimer(() => void this.flush(), WRITE_DELAY_MS);
  }

  /** Writes what is not written yet. With a synchronous storage it is done when this returns. */
  async flush(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    const dirty = this.#dirty;
    if (this.#storage === undefined || Object.keys(dirty).length === 0) return;
    this.#dirty = {};
    try {
      const found = this.#storage.getItem(this.#key);
      // Awaiting only what has to be awaited lets this finish while a page is being closed.
      const text = typeof found === 'string' || found === null ? found : await found;
      const all = Object.entries({ ...this.#parse(text), ...dirty })
        .sort(([, one], [, other]) => other.savedAt - one.savedAt)
        .slice(0, MAX_POSITIONS);
      await this.#storage.setItem(this.#key, JSON.stringify(Object.fromEntries(all)));
    } catch (thrown) {
      this.#fail('stored', thrown);
    }
  }

  #parse(text: string | null | undefined): Stored {
    if (text === null || text === undefined) return {};
    const parsed = parseJson(Stored, text);
    if (parsed.ok) return parsed.value;
    this.#fail('read', new Error(`the entry ${this.#key} does not hold positions`));
    return {};
  }

  #fail(what: 'read' | 'stored', thrown: unknown): void {
    const cause = asError(thrown);
    this.#warn(
      new StepcastError('storageFailed', `positions could not be ${what}: ${cause.message}`, { cause }),
    );
  }
}
