import type { IdentityId, OverviewEntry } from '@stepcast/contracts';
import { errorFields, type Logger, type Timers } from '@stepcast/kit';
import { isNewer, uploadKey } from '../domain/positions.ts';
import { StoppedError, type Insist } from './journal-access.ts';

interface Late {
  readonly identityId: IdentityId;
  entry: OverviewEntry;
  readonly cancel: () => void;
}

export interface LateLinesOptions {
  readonly write: (identityId: IdentityId, entry: OverviewEntry) => Promise<unknown>;
  readonly insist: Insist;
  readonly timers: Timers;
  readonly logger: Logger;
  /** How far the table may be behind. */
  readonly delayMs: number;
}

/**
 * Lines of overviews that are written a while after they were seen, the newest of each upload only. Until then they go
 * before what the table says.
 */
export class LateLines {
  readonly #options: LateLinesOptions;
  readonly #late = new Map<string, Late>();

  constructor(options: LateLinesOptions) {
    this.#options = options;
  }

  /** Will be written, unless a newer one comes before. */
  add(identityId: IdentityId, entry: OverviewEntry): void {
    const key = keyOf(identityId, entry);
    const known = this.#late.get(key);
    if (known !== undefined) {
      if (isNewer(entry, known.entry)) known.entry = entry;
      return;
    }
    const cancel = this.#options.timers.after(this.#options.delayMs, () => void this.#write(key));
    this.#late.set(key, { identityId, entry, cancel });
  }

  /** The table has this line now, or a newer one. */
  written(identityId: IdentityId, entry: OverviewEntry): void {
    const key = keyOf(identityId, entry);
    const late = this.#late.get(key);
    if (late === undefined || isNewer(late.entry, entry)) return;
    late.cancel();
    this.#late.delete(key);
  }

  /** The newer one of a line in the table and the one that will be written. */
  newest(identityId: IdentityId, entry: OverviewEntry): OverviewEntry {
    const late = this.#late.get(keyOf(identityId, entry));
    return late !== undefined && isNewer(late.entry, entry) ? late.entry : entry;
  }

  /** Resolves when everything is in the table that was to be written. */
  async flush(): Promise<void> {
    await Promise.all([...this.#late.keys()].map((key) => this.#write(key)));
  }

  async #write(key: string): Promise<void> {
    const late = this.#late.get(key);
    if (late === undefined) return;
    late.cancel();
    const { identityId, entry } = late;
    const { insist, write, logger } = this.#options;
    try {
      await insist('write late summary', () => write(identityId, entry));
    } catch (thrown) {
      if (thrown instanceof StoppedError) return;
      logger.error(errorFields(thrown), 'line of an overview not written');
    }
    if (this.#late.get(key) !== late) return;
    this.#late.delete(key);
    if (late.entry !== entry) this.add(identityId, late.entry);
  }
}

function keyOf(identityId: IdentityId, { uploadId }: OverviewEntry): string {
  return uploadKey({ identityId, uploadId });
}
