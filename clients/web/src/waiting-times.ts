import { parseJson, type UploadState } from '@stepcast/contracts';
import * as z from 'zod/mini';
import type { PositionStorage } from './position-store.ts';

/** What earlier starts took, the newest last. At 8 digits each this is below 300 bytes. */
const MAX_SAMPLES = 20;
const MIN_SAMPLES = 3;
/** Longer than usual is this many times what nine of ten starts took. */
const FACTOR = 3;
const SHORTEST_MS = 10_000;
const LONGEST_MS = 10 * 60_000;
const USUAL_WAIT_MS = 30_000;

const Stored = z.array(z.number().check(z.gte(0), z.lte(24 * 3_600_000))).check(z.maxLength(MAX_SAMPLES));

/**
 * How long workflows take to start after an upload, learned from the uploads that this client has seen: from the beginning of the
 * upload's version to the start of its first execution, both by the clock of the service.
 */
export class WaitingTimes {
  readonly #fallbackMs: number;
  readonly #storage: PositionStorage | undefined;
  readonly #name: string;
  readonly #learned = new Set<string>();
  #samples: readonly number[] = [];

  /** @param fallbackMs the usual time while fewer than three starts are known */
  constructor(storage: PositionStorage | undefined, namespace: string, fallbackMs = USUAL_WAIT_MS) {
    this.#storage = storage;
    this.#name = `stepcast:${namespace}:starts`;
    this.#fallbackMs = fallbackMs;
  }

  /** Reads what earlier pages learned. Without storage, or with a broken one, nothing is known. */
  async load(): Promise<void> {
    try {
      const text = await this.#storage?.getItem(this.#name);
      const stored = parseJson(Stored, text ?? '');
      if (stored.ok) this.#samples = [...stored.value, ...this.#samples].slice(-MAX_SAMPLES);
    } catch {
      // A usual time is a nicety: without it the fallback serves.
    }
  }

  /** Milliseconds after which a start is late. */
  get usualMs(): number {
    if (this.#samples.length < MIN_SAMPLES) return this.#fallbackMs;
    const sorted = this.#samples.toSorted((one, other) => one - other);
    const most = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
    return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, FACTOR * most));
  }

  /** Learns from an upload whose workflow has started; once for each version of it. */
  learn({ uploadId, position, epochStartedAt, executions }: UploadState): void {
    const version = `${uploadId}/${position.epoch}`;
    const starts = executions.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
    if (starts.length === 0 || this.#learned.has(version)) return;
    // Bounded: a page that sees a thousand uploads has learned enough of each.
    if (this.#learned.size >= 1_000) this.#learned.clear();
    this.#learned.add(version);
    const tookMs = Math.max(0, Math.min(...starts) - Date.parse(epochStartedAt));
    this.#samples = [...this.#samples, Math.round(tookMs)].slice(-MAX_SAMPLES);
    void this.#save();
  }

  async #save(): Promise<void> {
    try {
      await this.#storage?.setItem(this.#name, JSON.stringify(this.#samples));
    } catch {
      // As above.
    }
  }
}
