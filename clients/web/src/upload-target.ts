import { UploadId, uploadIdOf } from '@stepcast/contracts';
import { ConfigurationError } from './errors.ts';
import type { UploadTarget } from './progress-client.port.ts';

/**
 * The upload that an application means.
 * @throws ConfigurationError for a text that is no upload ID
 */
export function uploadIdFor(target: UploadTarget): UploadId {
  if (typeof target !== 'string') return uploadIdOf(target.bucket, target.key);
  const uploadId = UploadId.safeParse(target).data;
  if (uploadId === undefined)
    throw new ConfigurationError(
      `"${target}" is no upload ID (26 base32 characters); to watch an object give { bucket, key }`,
    );
  return uploadId;
}
