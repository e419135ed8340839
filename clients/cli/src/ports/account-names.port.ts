import type { Evidence, Lookup } from '../domain/evidence.ts';

/** Whether a name of a bucket, which is one for all accounts, can be taken. */
export type BucketName = 'free' | 'ours' | 'foreign';

/** What an account has under a name, asked before there is a deployment. Nothing throws. */
export interface AccountNames {
  /** The status of a stack, for example `ROLLBACK_COMPLETE`. */
  stack(name: string): Promise<Evidence<Lookup<string>>>;
  bucket(name: string): Promise<Evidence<BucketName>>;
  /** The names of the keys of a table, the partition's first. */
  table(name: string): Promise<Evidence<Lookup<readonly string[]>>>;
}
