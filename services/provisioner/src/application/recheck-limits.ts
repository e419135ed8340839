import type { IdentityId } from '@stepcast/contracts';
import {
  createLru,
  createTokenBucket,
  type Clock,
  type TokenBucket,
  type TokenBucketOptions,
} from '@stepcast/kit';

/** Bounds how often clients can make this process ask AWS IoT about an identity that it knows. */
export interface RecheckLimits {
  /** Returns 0 when IoT may be asked now, else the milliseconds until it may be. */
  take(identityId: IdentityId): number;
}

export interface RecheckLimitsOptions {
  readonly perIdentity: TokenBucketOptions;
  /** Of all identities together. */
  readonly overall: TokenBucketOptions;
  readonly clock: Clock;
  /** Identities whose buckets are remembered. Default 16,384 (8 MiB); the one used longest ago starts with a full one again. */
  readonly maxIdentities?: number;
}

/** A bucket, its key, and what the map takes for them. */
const ENTRY_BYTES = 512;

export function createRecheckLimits(options: RecheckLimitsOptions): RecheckLimits {
  const { perIdentity, clock, maxIdentities = 16_384 } = options;
  const overall = createTokenBucket(options.overall, clock);
  const buckets = createLru<IdentityId, TokenBucket>({
    maxBytes: maxIdentities * ENTRY_BYTES,
    bytesOf: () => ENTRY_BYTES,
  });
  return {
    take(identityId) {
      let own = buckets.get(identityId);
      if (own === undefined) {
        own = createTokenBucket(perIdentity, clock);
        buckets.set(identityId, own);
      }
      // The identity's own bucket first: one that asks too often must not empty the bucket of all.
      const waitMs = own.take();
      return waitMs > 0 ? waitMs : overall.take();
    },
  };
}
