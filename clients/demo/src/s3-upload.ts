import type { SandboxConfig } from './sandbox-config.ts';
import type { CredentialsOfPerson } from './progress.ts';

/**
 * Puts a file in S3 with the person's own credentials: in one piece, or as a multipart upload from 5 MB. The AWS SDK
 * is loaded with the first upload, not with the page.
 *
 * @param onSent told the bytes that S3 has, as they grow
 * @throws what the SDK throws; `AbortError` when `signal` was aborted
 */
export async function uploadToS3(parts: {
  readonly config: SandboxConfig;
  readonly credentials: CredentialsOfPerson;
  readonly key: string;
  readonly file: Blob;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
}): Promise<void> {
  const { config, file, signal } = parts;
  const { S3Client, Upload } = await import('./s3-sdk.ts');
  signal.throwIfAborted();
  const client = new S3Client({
    region: config.region,
    endpoint: config.endpoints.s3,
    forcePathStyle: true,
    credentials: () => parts.credentials(),
  });
  const upload = new Upload({
    client,
    params: {
      Bucket: config.bucket,
      Key: parts.key,
      Body: file,
      ContentType: file.type === '' ? 'application/octet-stream' : file.type,
    },
  });
  const abort = () => void upload.abort();
  signal.addEventListener('abort', abort);
  upload.on('httpUploadProgress', ({ loaded }) => parts.onSent(loaded ?? 0));
  try {
    await upload.done();
  } finally {
    signal.removeEventListener('abort', abort);
    client.destroy();
  }
}
