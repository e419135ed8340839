import { Epoch, IdentityId, uploadIdOf, type StreamMeta } from '@stepcast/contracts';
import { BUCKET, IDENTITY } from './correlation-bench.ts';

/** Makes a port that nothing was stored in by another test, for example under keys of its own. */
export type Fresh<T> = () => T | Promise<T>;

let counter = 0;
/** A name that no other test of this run has. */
export function unique(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

export function newStream(): StreamMeta {
  const key = `users/${IDENTITY}/${unique('file')}`;
  return {
    identityId: IdentityId.parse(IDENTITY),
    uploadId: uploadIdOf(BUCKET, key),
    epoch: Epoch.parse('e1'),
    epochStartedAt: '2026-11-03T10:15:29.000Z',
    bucket: BUCKET,
    key,
  };
}
