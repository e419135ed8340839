import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Of } from '../../deployed/person.ts';
import { judged, said, type Probe } from '../probe.ts';

const isDenied = (thrown: unknown): boolean =>
  Error.isError(thrown) && (thrown.name === 'AccessDenied' || thrown.name === 'Forbidden');

/**
 * Puts an object under the person's own prefix. The bucket's policy denies this to the pool's role where the identity's key is
 * absent, so that it succeeds says that the key is there.
 */
export const bucketKey: Probe = async ({ page, ada }) => {
  const fact = 's3.cognito-key-in-bucket-policy';
  const s3 = s3Of(page, ada.keys);
  try {
    await s3.send(
      new PutObjectCommand({ Bucket: page.bucket, Key: `users/${ada.identityId}/probe.txt`, Body: 'probe' }),
    );
    return [judged(fact, true, 'a person puts an object under their own prefix')];
  } catch (thrown) {
    if (!isDenied(thrown)) throw thrown;
    return [judged(fact, false, `nobody can upload: ${said(thrown)}`)];
  } finally {
    s3.destroy();
  }
};

/** Everything that Bob must not be able to do with what is Ada's. @returns what was not denied */
export async function crossings(
  s3: S3Client,
  { bucket, owner }: { readonly bucket: string; readonly owner: string },
): Promise<readonly string[]> {
  const Key = `users/${owner}/probe.txt`;
  const tries: Readonly<Record<string, () => Promise<unknown>>> = {
    'reads an object': () => s3.send(new GetObjectCommand({ Bucket: bucket, Key })),
    'overwrites an object': () => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'theirs' })),
    'lists a prefix': () => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `users/${owner}/` })),
    'lists everything': () => s3.send(new ListObjectsV2Command({ Bucket: bucket })),
  };
  const open: string[] = [];
  for (const [what, attempt] of Object.entries(tries)) {
    try {
      await attempt();
      open.push(what);
    } catch (thrown) {
      if (!isDenied(thrown)) open.push(`${what}: not denied, but ${said(thrown)}`);
    }
  }
  return open;
}
