import type { PositionStorage } from '@stepcast/web';
import type { FileName, S3Uploader } from '@stepcast/web/s3';
import type { CredentialsOfPerson } from './progress.ts';
import type { SandboxConfig } from './sandbox-config.ts';

/** The uploads of one person. */
export interface PersonUploads {
  /** A key below the person's prefix that no other upload has, or that of an upload of the same file that a reload cut off. */
  keyFor(file: FileName, prefix: string): Promise<string>;
  /**
   * Puts a file in S3 with the person's own credentials.
   * @param onSent called with the bytes that S3 has or that are on their way
   * @throws S3UploadError when S3 refuses; the reason of `signal` when that was aborted
   */
  upload(
    file: File,
    options: {
      readonly key: string;
      readonly signal: AbortSignal;
      readonly onSent: (bytes: number) => void;
    },
  ): Promise<void>;
}

/** Uploads straight to the sandbox's S3. The uploader is loaded with the first file, not with the page. */
export function uploadsOf(parts: {
  readonly config: SandboxConfig;
  readonly credentials: CredentialsOfPerson;
  readonly storage: PositionStorage;
}): PersonUploads {
  const { config, credentials, storage } = parts;
  const { bucket, region } = config;
  let loading: Promise<S3Uploader> | undefined;
  const uploader = () =>
    (loading ??= import('@stepcast/web/s3').then(({ s3Signer, s3Uploader }) =>
      s3Uploader({ sign: s3Signer({ region, endpoint: config.endpoints.s3, credentials }), storage }),
    ));
  return {
    keyFor: async (file, prefix) => (await uploader()).keyFor(file, { bucket, prefix }),
    async upload(file, { key, signal, onSent }) {
      await (await uploader()).upload(file, { bucket, key, signal, onProgress: onSent });
    },
  };
}
