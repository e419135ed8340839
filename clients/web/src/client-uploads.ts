import { keyTemplate, uploadIdOf } from '@stepcast/contracts';
import type { Credentials } from './credentials.ts';
import type { Environment } from './environment.port.ts';
import type { PositionStorage } from './position-store.ts';
import type { Runtime } from './runtime.ts';
import type { FileName, S3Uploader, S3UploaderOptions } from './s3/index.ts';
import type { EarlierUpload, EarlierUploadsOptions } from './types.ts';
import type { Put } from './upload-tracker.port.ts';

/** How the client itself uploads to S3, where the application does not. */
export interface ClientS3Options extends Omit<
  S3UploaderOptions,
  'sign' | 'storage' | 'runtime' | 'environment'
> {
  /** Another address of S3, like the sandbox's. Default `https://BUCKET.s3.REGION.amazonaws.com`. */
  readonly endpoint?: string | undefined;
  /** The bucket in the path instead of the host. Default: with an `endpoint`. */
  readonly pathStyle?: boolean | undefined;
  /** Region of the buckets. Default: that of the client. */
  readonly region?: string | undefined;
  /** Where a person's objects are. Default `users/{identityId}/`, as the deployed policies say. */
  readonly keyTemplate?: string | undefined;
}

interface ClientUploadsParts {
  readonly region: string;
  readonly s3: ClientS3Options;
  readonly credentials: Pick<Credentials, 'current'>;
  readonly storage: PositionStorage | undefined;
  readonly runtime: Runtime;
  readonly environment: Environment;
}

/** Uploads with the person's own credentials. What that takes is loaded with the first upload, not with the page. */
export class ClientUploads {
  readonly #parts: ClientUploadsParts;
  #uploader: Promise<S3Uploader> | undefined;

  constructor(parts: ClientUploadsParts) {
    this.#parts = parts;
  }

  /** @returns a `put` for one file */
  put(file: Blob, object: { bucket: string; key: string; contentType?: string | undefined }): Put {
    return async (onProgress, signal, pause) => {
      const uploader = await this.#load();
      return uploader.upload(file, { ...object, onProgress, signal, pause });
    };
  }

  async keyFor(file: FileName, bucket: string): Promise<string> {
    const [uploader, prefix] = await Promise.all([this.#load(), this.#prefix()]);
    return uploader.keyFor(file, { bucket, prefix });
  }

  async *earlier({ bucket, ...options }: EarlierUploadsOptions): AsyncGenerator<readonly EarlierUpload[]> {
    const [uploader, prefix] = await Promise.all([this.#load(), this.#prefix()]);
    for await (const page of uploader.stored({ ...options, bucket, prefix }))
      yield page.map((object) => ({ ...object, bucket, uploadId: uploadIdOf(bucket, object.key) }));
  }

  /** Where the objects of this person are. */
  async #prefix(): Promise<string> {
    const { identityId } = await this.#parts.credentials.current();
    return keyTemplate(this.#parts.s3.keyTemplate ?? 'users/{identityId}/').prefixOf(identityId);
  }

  #load(): Promise<S3Uploader> {
    this.#uploader ??= this.#make();
    return this.#uploader;
  }

  async #make(): Promise<S3Uploader> {
    try {
      const { s3Signer, s3Uploader } = await import('./s3/index.ts');
      const { s3, region, credentials, runtime, environment, storage } = this.#parts;
      const sign = s3Signer({ region, ...s3, credentials: () => credentials.current(), runtime });
      return s3Uploader({ ...s3, sign, storage, runtime, environment });
    } catch (thrown) {
      // The chunk could not be loaded: the next upload tries again.
      this.#uploader = undefined;
      throw thrown;
    }
  }
}
