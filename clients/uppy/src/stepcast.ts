import { BasePlugin, type Uppy } from '@uppy/core';
import { type Body, filterFilesToUpload, type Meta, TaskQueue, type UppyFile } from '@uppy/core/utils';
import type { PauseSignal, PutProgress, UploadPhase, UploadTracker } from '@stepcast/web';
import { type StepcastOptions, WORDS } from './options.ts';
import { shownProgress } from './shown-progress.ts';
import { outcomeOf, UploadOfAnother } from './upload-of-another.ts';

/**
 * Follows every file that Uppy uploads to the end of its workflow. Uppy's `complete` comes when all workflows have ended; a file whose
 * workflow failed has an error, and may be tried again.
 *
 * @example
 * new Uppy().use(Dashboard, { target: '#files', inline: true }).use(Stepcast, { client, bucket: 'uploads' });
 */
export class Stepcast<M extends Meta, B extends Body> extends BasePlugin<StepcastOptions<M, B>, M, B> {
  readonly #trackers = new Map<string, UploadTracker>();
  readonly #ofAnother = new Map<string, UploadOfAnother>();
  readonly #queue: TaskQueue;

  constructor(uppy: Uppy<M, B>, options: StepcastOptions<M, B>) {
    super(uppy, options);
    this.id = options.id ?? 'Stepcast';
    this.type = 'uploader';
    this.#queue = new TaskQueue({ concurrency: options.limit ?? 6 });
    this.defaultLocale = WORDS;
    this.i18nInit();
  }

  /** The key of a file that is about to be uploaded, for another uploader's `generateObjectKey`. @throws Error before Uppy's `upload` */
  keyOf(file: UppyFile<M, B>): string {
    const key = this.uppy.getFile(file.id).stepcast?.key;
    if (key === undefined)
      throw new Error(`${file.id} has no key yet: Stepcast gives it one when the upload begins`);
    return key;
  }

  override install(): void {
    this.uppy.addPreProcessor(this.#prepare);
    if (this.#uploads) {
      this.#setResumable(true);
      this.uppy.addUploader(this.#upload);
    }
    this.uppy.addPostProcessor(this.#follow);
    this.uppy.on('file-removed', this.#leave);
    this.uppy.on('upload-pause', this.#pause);
    this.uppy.on('pause-all', this.#pauseAll);
    this.uppy.on('resume-all', this.#resumeAll);
    this.uppy.on('upload-success', this.#uploaded);
    this.uppy.on('upload-error', this.#notUploaded);
  }

  override uninstall(): void {
    this.uppy.removePreProcessor(this.#prepare);
    if (this.#uploads) {
      this.#setResumable(false);
      this.uppy.removeUploader(this.#upload);
    }
    this.uppy.removePostProcessor(this.#follow);
    this.uppy.off('file-removed', this.#leave);
    this.uppy.off('upload-pause', this.#pause);
    this.uppy.off('pause-all', this.#pauseAll);
    this.uppy.off('resume-all', this.#resumeAll);
    this.uppy.off('upload-success', this.#uploaded);
    this.uppy.off('upload-error', this.#notUploaded);
    this.#queue.clear();
    for (const tracker of this.#trackers.values()) tracker.close();
    this.#trackers.clear();
  }

  get #uploads(): boolean {
    return this.opts.uploads ?? true;
  }

  #setResumable(resumableUploads: boolean): void {
    this.uppy.setState({ capabilities: { ...this.uppy.getState().capabilities, resumableUploads } });
  }

  /** Gives each file its key. What another plugin uploads is subscribed to before its upload begins. */
  readonly #prepare = async (fileIds: string[]): Promise<void> => {
    await Promise.all(
      fileIds.map(async (id) => {
        const file = this.uppy.getFile(id);
        const followed = file.stepcast;
        // Restored by a plugin like Golden Retriever: it is up, and only its workflow is followed.
        if (
          file.progress.uploadComplete === true &&
          followed !== undefined &&
          followed.phase?.phase !== 'done'
        ) {
          this.#track(file, { put: () => Promise.resolve() });
          return;
        }
        this.uppy.emit('preprocess-progress', file, {
          mode: 'indeterminate',
          message: this.i18n('preparing'),
        });
        const { bucket, client } = this.opts;
        const size = file.size ?? 0;
        const name = { name: file.name, size, lastModified: modifiedAt(file) };
        const key = await (this.opts.keyFor?.(file) ?? client.keyFor(name, { bucket }));
        if (this.#isGone(id)) return;
        this.uppy.setFileState(id, { stepcast: { bucket, key, phase: undefined } });
        // Uploaded before, and then its workflow failed: tried again, it is uploaded again.
        if (file.progress.uploadComplete === true)
          this.uppy.setFileState(id, {
            progress: {
              uploadStarted: null,
              uploadComplete: false,
              percentage: 0,
              bytesUploaded: false,
              bytesTotal: file.size,
            },
          });
        if (!this.#uploads) {
          const upload = new UploadOfAnother();
          this.#ofAnother.set(id, upload);
          this.#track(this.uppy.getFile(id), { put: upload.put });
        }
        this.uppy.emit('preprocess-complete', this.uppy.getFile(id));
      }),
    );
  };

  readonly #upload = async (fileIds: string[]): Promise<void> => {
    const files = filterFilesToUpload(this.uppy.getFilesByIds(fileIds));
    this.uppy.emit('upload-start', files);
    await Promise.allSettled(files.map(({ id }) => this.#queue.add(() => this.#uploadOne(id))));
  };

  /** Resolves when the file is up, or will not be. */
  async #uploadOne(id: string): Promise<void> {
    if (this.#isGone(id)) return;
    const file = this.uppy.getFile(id);
    if (file.isRemote || file.data === undefined) {
      this.uppy.emit('upload-error', file, {
        name: 'NoFile',
        message: 'only files of this device can be uploaded',
      });
      return;
    }
    const tracker = this.#track(file, { file: file.data, contentType: file.type });
    const outcome = await outcomeOf(tracker);
    if (this.#isGone(id) || outcome === 'closed') return;
    const now = this.uppy.getFile(id);
    if (outcome === 'uploaded') this.uppy.emit('upload-success', now, { status: 200 });
    else this.uppy.emit('upload-error', now, outcome);
  }

  /** Resolves when the workflows of all files have ended. */
  readonly #follow = async (fileIds: string[]): Promise<void> => {
    await Promise.all(
      fileIds.map(async (id) => {
        const tracker = this.#trackers.get(id);
        if (tracker === undefined || this.#isGone(id) || isFailed(this.uppy.getFile(id))) return;
        this.#show(id, tracker.phase);
        let problem: Error | undefined;
        const state = await tracker.done.catch((thrown: unknown) => {
          problem = thrown instanceof Error ? thrown : new Error(String(thrown));
          return undefined;
        });
        if (this.#trackers.get(id) === tracker) this.#trackers.delete(id);
        if (this.#isGone(id)) return;
        const file = this.uppy.getFile(id);
        this.uppy.setFileState(id, { progress: { ...file.progress, percentage: 100 } });
        this.uppy.emit('postprocess-complete', this.uppy.getFile(id));
        if (problem !== undefined)
          this.uppy.info({ message: this.i18n('notFollowed'), details: problem.message }, 'warning');
        else if (state !== undefined && state.status !== 'succeeded') {
          const details = [state.error?.name, state.error?.message]
            .filter((text) => text !== undefined)
            .join(': ');
          const error = { name: state.error?.name ?? state.status, message: this.i18n('workflowFailed') };
          this.uppy.emit('upload-error', this.uppy.getFile(id), {
            ...error,
            details: details === '' ? state.status : details,
          });
        }
      }),
    );
  };

  #track(file: UppyFile<M, B>, how: TrackedBy): UploadTracker {
    const { id, stepcast } = file;
    this.#trackers.get(id)?.close();
    const { bucket, key } = stepcast ?? { bucket: this.opts.bucket, key: this.keyOf(file) };
    const tracker = this.opts.client.trackUpload({ bucket, key, ...how });
    this.#trackers.set(id, tracker);
    tracker.on('phase', (phase) => {
      if (this.#trackers.get(id) === tracker && !this.#isGone(id)) this.#onPhase(id, { bucket, key, phase });
    });
    return tracker;
  }

  #onPhase(id: string, followed: { bucket: string; key: string; phase: UploadPhase }): void {
    const { phase } = followed;
    this.uppy.setFileState(id, { stepcast: followed });
    const file = this.uppy.getFile(id);
    if (phase.phase === 'uploading' && this.#uploads)
      this.uppy.emit('upload-progress', file, {
        uploadStarted: file.progress.uploadStarted ?? Date.now(),
        bytesUploaded: phase.loadedBytes,
        bytesTotal: phase.totalBytes,
      });
    else this.#show(id, phase);
    this.uppy.emit('stepcast:phase', this.uppy.getFile(id), followed);
  }

  /** What the Dashboard shows: the ring of the row is the workflow's percentage, and the status bar says the step. */
  #show(id: string, phase: UploadPhase): void {
    const shown = shownProgress(phase, (key, values) => this.i18n(key, values));
    if (shown === undefined || this.uppy.getFile(id).progress.uploadComplete !== true) return;
    this.uppy.emit('postprocess-progress', this.uppy.getFile(id), shown);
    const { progress } = this.uppy.getFile(id);
    this.uppy.setFileState(id, {
      progress: { ...progress, percentage: Math.round((shown.value ?? 0) * 100) },
    });
  }

  readonly #uploaded = (file: UppyFile<M, B> | undefined): void => {
    if (file !== undefined) this.#ofAnother.get(file.id)?.end();
  };

  readonly #notUploaded = (file: UppyFile<M, B> | undefined, error: { message: string }): void => {
    if (file !== undefined) this.#ofAnother.get(file.id)?.fail(new Error(error.message));
  };

  readonly #leave = (file: UppyFile<M, B>): void => {
    this.#trackers.get(file.id)?.close();
    this.#trackers.delete(file.id);
    this.#ofAnother.delete(file.id);
  };

  readonly #pause = (file: UppyFile<M, B> | undefined, isPaused: boolean): void => {
    const tracker = file === undefined ? undefined : this.#trackers.get(file.id);
    if (isPaused) tracker?.pause();
    else tracker?.resume();
  };

  readonly #pauseAll = (): void => {
    for (const tracker of this.#trackers.values()) tracker.pause();
  };

  readonly #resumeAll = (): void => {
    for (const tracker of this.#trackers.values()) tracker.resume();
  };

  #isGone(id: string): boolean {
    return this.uppy.getState().files[id] === undefined;
  }
}

type TrackedBy =
  | { readonly file: Blob; readonly contentType: string }
  | { readonly put: (onProgress: PutProgress, signal: AbortSignal, pause: PauseSignal) => Promise<unknown> };

function isFailed<M extends Meta, B extends Body>(file: UppyFile<M, B>): boolean {
  return file.error !== undefined && file.error !== null;
}

function modifiedAt<M extends Meta, B extends Body>(file: UppyFile<M, B>): number {
  return file.data instanceof File ? file.data.lastModified : 0;
}
