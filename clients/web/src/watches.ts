import type { UploadId } from '@stepcast/contracts';
import type { ClientUploads } from './client-uploads.ts';
import type { UploadTarget } from './progress-client.port.ts';
import type { Runtime } from './runtime.ts';
import { trackUpload } from './track-upload.ts';
import type { UploadStreams } from './upload-streams.ts';
import { keyOf, uploadIdFor } from './upload-target.ts';
import type { TrackUploadOptions, UploadTracker } from './upload-tracker.port.ts';
import { StreamWatch, type WatchOptions } from './upload-watch.ts';
import type { WaitingTimes } from './waiting-times.ts';

interface WatchesParts {
  readonly streams: UploadStreams;
  readonly uploads: ClientUploads;
  readonly runtime: Runtime;
  readonly times: WaitingTimes;
  /** Of a watch that sets none of its own. */
  readonly stateThrottleMs: number | undefined;
  /** Has the client connect. @throws ConfigurationError when it is closed */
  readonly connect: () => void;
  /** The first watch of an upload: its topics are wanted. */
  readonly onFollowed: (uploadId: UploadId) => void;
  readonly onListenerError: (thrown: unknown) => void;
}

/** Makes watches and trackers; those of one upload share its stream. */
export class Watches {
  readonly #parts: WatchesParts;

  constructor(parts: WatchesParts) {
    this.#parts = parts;
  }

  watch(target: UploadTarget, options: WatchOptions & { readonly resume?: boolean }): StreamWatch {
    const { streams, runtime, times, stateThrottleMs, onListenerError } = this.#parts;
    const uploadId = uploadIdFor(target);
    this.#parts.connect();
    let stream = streams.of(uploadId);
    if (stream === undefined) {
      stream = streams.follow(uploadId, options.resume ?? true);
      this.#parts.onFollowed(uploadId);
    }
    const shared = stream;
    const watch = new StreamWatch({
      stream: shared,
      options: { stateThrottleMs, ...options },
      runtime,
      times,
      subject: typeof target === 'string' ? uploadId : `s3://${target.bucket}/${keyOf(target)}`,
      onListenerError,
      onClose: (closed) => {
        if (shared.detach(closed) === 0 && streams.of(uploadId) === shared) streams.drop(uploadId);
      },
    });
    shared.attach(watch);
    return watch;
  }

  track(options: TrackUploadOptions): UploadTracker {
    const { streams, runtime, onListenerError, uploads } = this.#parts;
    const { bucket, key } = options;
    return trackUpload(options, {
      watch: (watchOptions) => this.watch({ bucket, key }, watchOptions),
      put:
        options.put === undefined
          ? uploads.put(options.file, { bucket, key, contentType: options.contentType })
          : options.put,
      streams,
      runtime,
      onListenerError,
    });
  }
}
