import { uploadIdOf, type Overview, type UploadId } from '@stepcast/contracts';
import type { EarlierUpload, ProgressClient, UploadPhase, UploadTracker, UploadWatch } from '@stepcast/web';
import type { UploadNotes } from './notes.ts';
import { thumbnailOf } from './pictures.ts';
import { TransferRate } from './transfer-rate.ts';
import { fromOverview, fromStorage, inOrder, LIST_PAGE, type ListedUpload } from './upload-list.ts';

/** What the list of a person shows. */
export interface UploadsView {
  readonly shown: readonly ListedUpload[];
  /** How many there are; undefined while there may be more than are known. */
  readonly total: number | undefined;
  readonly hasMore: boolean;
  /** Whether earlier uploads are being asked for. */
  readonly isLoading: boolean;
  /** Why there may be earlier uploads that are not shown; empty when nothing is wrong. */
  readonly problem: string;
}

interface Following {
  readonly watch: UploadWatch;
  /** Where the page uploads the file itself. */
  readonly tracker: UploadTracker | undefined;
}

/** Of what S3 has; more than a list shows at a time, since most of it is known from the overview. */
const EARLIER_PAGE = 50;

/**
 * All uploads of one person: those of this page, those of the overview, and those that only S3 still knows. Follows those that are
 * shown.
 */
export class PersonUploads {
  readonly #client: ProgressClient;
  readonly #bucket: string;
  readonly #notes: UploadNotes;
  readonly #wanted: () => string | undefined;
  readonly #onChange: () => void;
  readonly #uploads = new Map<UploadId, ListedUpload>();
  readonly #following = new Map<UploadId, Following>();
  /** Files that S3 does not have yet. */
  readonly #files = new Map<UploadId, File>();
  readonly #ending = new AbortController();
  readonly #earlier: AsyncIterator<readonly EarlierUpload[]>;
  #room = LIST_PAGE;
  #allKnown = false;
  #isLoading = false;
  #problem = '';

  constructor(parts: {
    readonly client: ProgressClient;
    readonly bucket: string;
    readonly notes: UploadNotes;
    /** The upload that is shown however long the list is, where it is one of the newest fifty. */
    readonly wanted: () => string | undefined;
    /** Something of the view is another. Ask for `view`. */
    readonly onChange: () => void;
  }) {
    this.#client = parts.client;
    this.#bucket = parts.bucket;
    this.#notes = parts.notes;
    this.#wanted = parts.wanted;
    this.#onChange = parts.onChange;
    const { signal } = this.#ending;
    this.#earlier = this.#client
      .earlierUploads({ bucket: this.#bucket, pageSize: EARLIER_PAGE, signal })
      [Symbol.asyncIterator]();
    this.#client.on('overview', (overview) => this.#takeOverview(overview));
    void this.#loadEarlier();
  }

  get view(): UploadsView {
    const all = inOrder(this.#uploads.values());
    const wanted = this.#wanted();
    const room = Math.max(this.#room, all.findIndex(({ uploadId }) => uploadId === wanted) + 1);
    return {
      shown: all.slice(0, room),
      total: this.#allKnown ? all.length : undefined,
      hasMore: all.length > room || (!this.#allKnown && all.length >= room),
      isLoading: this.#isLoading,
      problem: this.#problem,
    };
  }

  /**
   * Uploads files, the first on top.
   * @throws StepcastError without credentials
   */
  async add(files: readonly File[]): Promise<void> {
    const nowMs = Date.now();
    await Promise.all(files.map((file, index) => this.#add(file, nowMs - index)));
  }

  pause(uploadId: UploadId): void {
    this.#following.get(uploadId)?.tracker?.pause();
  }

  resume(uploadId: UploadId): void {
    this.#following.get(uploadId)?.tracker?.resume();
  }

  cancel(uploadId: UploadId): void {
    this.#following.get(uploadId)?.tracker?.close();
    this.#following.delete(uploadId);
    this.#update(uploadId, { transfer: { phase: 'cancelled' } });
  }

  sendAgain(uploadId: UploadId): void {
    const file = this.#files.get(uploadId);
    const upload = this.#uploads.get(uploadId);
    if (file !== undefined && upload !== undefined) this.#track(upload, file);
  }

  showMore(): void {
    this.#room += LIST_PAGE;
    this.followShown();
    this.#onChange();
    if (!this.#allKnown && this.#uploads.size < this.#room) void this.#loadEarlier();
  }

  /** Follows again what was followed, after the client had stopped. */
  followAgain(): void {
    for (const [uploadId, { tracker }] of this.#following) {
      if (tracker?.phase.phase === 'uploading') continue;
      this.#following.delete(uploadId);
    }
    this.followShown();
  }

  close(): void {
    this.#ending.abort();
    for (const { tracker, watch } of this.#following.values()) {
      tracker?.close();
      watch.close();
    }
  }

  async #add(file: File, begunAtMs: number): Promise<void> {
    const key = await this.#client.keyFor(file, { bucket: this.#bucket });
    const uploadId = uploadIdOf(this.#bucket, key);
    const upload: ListedUpload = {
      uploadId,
      key,
      name: file.name,
      size: file.size,
      transfer: { phase: 'sending', sentBytes: 0, isPaused: false, bytesPerSecond: undefined },
      state: undefined,
      status: undefined,
      waiting: undefined,
      watch: undefined,
      begunAtMs,
      thumbnail: undefined,
      mine: true,
    };
    this.#files.set(uploadId, file);
    this.#put(upload);
    this.#notes.save(uploadId, { begunAtMs, size: file.size, thumbnail: '' });
    void this.#makeThumbnail(upload, file);
    this.#track(upload, file);
  }

  #track({ uploadId, key }: ListedUpload, file: File): void {
    const rate = new TransferRate();
    const tracker = this.#client.trackUpload({ bucket: this.#bucket, key, file });
    const take = (phase: UploadPhase) => this.#update(uploadId, this.#ofPhase(uploadId, phase, rate));
    tracker.on('phase', take);
    tracker.on('error', (error) => {
      if (tracker.phase.phase !== 'uploading') return;
      tracker.close();
      this.#update(uploadId, { transfer: { phase: 'failed', message: error.message } });
    });
    this.#listen(uploadId, { tracker, watch: tracker.watch });
    take(tracker.phase);
  }

  #ofPhase(uploadId: UploadId, phase: UploadPhase, rate: TransferRate): Partial<ListedUpload> {
    switch (phase.phase) {
      case 'uploading':
        return {
          transfer: {
            phase: 'sending',
            sentBytes: phase.loadedBytes,
            isPaused: phase.paused,
            bytesPerSecond: rate.at(Date.now(), phase.loadedBytes),
          },
        };
      case 'uploadFailed':
        return { transfer: { phase: 'failed', message: phase.error.message } };
      case 'queued':
        this.#files.delete(uploadId);
        return { transfer: { phase: 'sent' }, waiting: phase.waiting };
      case 'running':
      case 'done':
        return { transfer: { phase: 'sent' }, waiting: undefined, state: phase.state };
    }
  }

  /** Follows the workflow of an upload, of this page or of another one, also when it is opened again after its end. */
  #listen(uploadId: UploadId, following: Following): void {
    const { watch } = following;
    this.#following.set(uploadId, following);
    this.#update(uploadId, { watch });
    for (const name of ['state', 'complete', 'reopened'] as const)
      watch.on(name, (state) => this.#update(uploadId, { state, isForgotten: false }));
    watch.on('waiting', (waiting) => this.#update(uploadId, { waiting }));
    watch.on('discontinuity', ({ reason }) => {
      if (reason === 'unknownUpload') this.#update(uploadId, { isForgotten: true });
    });
    if (following.tracker === undefined)
      watch.on('synced', () => {
        if (watch.state === undefined) this.#update(uploadId, { isForgotten: true });
      });
    if (watch.state !== undefined) this.#update(uploadId, { state: watch.state });
  }

  /** Follows what the view shows. */
  followShown(): void {
    for (const { uploadId, key, transfer } of this.view.shown) {
      const isHere =
        transfer.phase === 'sending' || transfer.phase === 'failed' || transfer.phase === 'cancelled';
      if (isHere || this.#following.has(uploadId)) continue;
      this.#listen(uploadId, {
        // All of its events, also after a reload: the timeline is made of them.
        watch: this.#client.watch({ bucket: this.#bucket, key }, { resume: false }),
        tracker: undefined,
      });
    }
  }

  #takeOverview({ uploads }: Overview): void {
    if (this.#ending.signal.aborted) return;
    for (const entry of uploads)
      this.#uploads.set(entry.uploadId, fromOverview(entry, this.#uploads.get(entry.uploadId), this.#notes));
    this.followShown();
    this.#onChange();
  }

  #takeStored(stored: EarlierUpload): void {
    const { uploadId } = stored;
    this.#uploads.set(uploadId, fromStorage(stored, this.#uploads.get(uploadId), this.#notes));
  }

  /** One page of what S3 has. */
  async #loadEarlier(): Promise<void> {
    if (this.#isLoading || this.#allKnown) return;
    this.#isLoading = true;
    this.#problem = '';
    try {
      const page = await this.#earlier.next();
      const found = page.done === true ? [] : page.value;
      for (const stored of found) this.#takeStored(stored);
      this.#allKnown = found.length < EARLIER_PAGE;
    } catch (error) {
      // An iteration that has thrown is over.
      this.#allKnown = true;
      this.#problem = `Earlier uploads could not be listed: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#isLoading = false;
    if (this.#ending.signal.aborted) return;
    this.followShown();
    this.#onChange();
    if (!this.#allKnown && this.#uploads.size <= this.#room) await this.#loadEarlier();
  }

  async #makeThumbnail({ uploadId, begunAtMs }: ListedUpload, file: File): Promise<void> {
    const thumbnail = await thumbnailOf(file);
    if (thumbnail === undefined || this.#ending.signal.aborted) return;
    this.#update(uploadId, { thumbnail });
    this.#notes.save(uploadId, { begunAtMs, size: file.size, thumbnail });
  }

  #update(uploadId: UploadId, change: Partial<ListedUpload>): void {
    const known = this.#uploads.get(uploadId);
    if (known !== undefined && !this.#ending.signal.aborted) this.#put({ ...known, ...change });
  }

  #put(upload: ListedUpload): void {
    this.#uploads.set(upload.uploadId, upload);
    this.#onChange();
  }
}
