import { ServiceError, type ObjectsPort } from '../ports.ts';

/** Whether a Map goes on where its bucket was never made. What is missing in a bucket that is there is missing, as in AWS. */
export function isStoodInFor(error: unknown, objects: ObjectsPort): boolean {
  return (
    objects.standIns === true &&
    error instanceof ServiceError &&
    error.errorName === 'S3.NoSuchBucketException'
  );
}
