import { UploadId, uploadIdOf } from '@stepcast/contracts';
import { ConfigurationError } from './errors.ts';
import type { UploadTarget } from './progress-client.port.ts';

/** The key of an address, by whichever name it has. */
export function keyOf(target: Exclude<UploadTarget, string>): string {
  return 'key' in target ? target.key : target.objectKey;
}

/**
 * The upload that an application means.
 * @throws ConfigurationError for a text that is no upload ID
 */
export function uploadIdFor(target: UploadTarget): UploadId {
  if (typeof target !== 'string') return uploadIdOf(target.bucket, keyOf(target));
  const uploadId = UploadId.safeParse(target).data;
  if (uploadId === undefined)
    throw new ConfigurationError(
      `"${target}" is no upload ID (26 base32 characters); to watch an object give { bucket, key }`,
    );
  return uploadId;
}
