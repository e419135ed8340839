import type { IdentityId, ProvisionReply, ProvisionRequest } from '@stepcast/contracts';
import type { Clock, CounterMetric, Logger } from '@stepcast/kit';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';
import type { RecheckLimits } from './recheck-limits.ts';

/** By which proof an identity came here; stands in the audit record. */
export type ProvisionWay = 'idToken' | 'signedRequest' | 'cloudTrail' | 'reconcile';

/** A small bounded memory; the least recently used entry goes first. */
export interface Cache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
  delete(key: Key): unknown;
}

export interface AttachedIdentity {
  /** When this process attached the policy, in milliseconds since the epoch; undefined when it was found in force. */
  readonly attachedAtMs: number | undefined;
}

export interface AttachDependencies {
  readonly attachments: PolicyAttachments;
  readonly cache: Cache<IdentityId, AttachedIdentity>;
  readonly rechecks: RecheckLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
  /**
   * How long AWS may take to let a fresh attachment through, in milliseconds. Default 480,000: changes to policies "can
   * take a few minutes to become effective" (IoT developer guide, AWS IoT Core policies); 6 to 8 were seen.
   */
  readonly propagationMs?: number;
}

export interface IdentityAttacher {
  /**
   * Sees to it that a *proven* identity has the policy. Concurrent calls for one identity are one; an identity that is
   * known costs no call to AWS.
   * @throws PolicyNotAttachableError, DirectoryUnavailableError, RateGateFullError
   */
  ensure(identityId: IdentityId, way: ProvisionWay): Promise<AttachedIdentity>;
  /**
   * The same, and whether it is in force yet.
   * @param options.refused the broker refused the identity although it was `ready`: asks IoT although the identity is
   * known, within the limits of {@link RecheckLimits}; beyond them the reply has `retryAfterMs`. Default false.
   * @throws as `ensure`
   */
  provision(identityId: IdentityId, way: ProvisionWay, options?: ProvisionOptions): Promise<ProvisionReply>;
}

/** What the caller says beside who it is. */
export type ProvisionOptions = Readonly<Pick<ProvisionRequest, 'refused'>>;

/** Attaches the policy to identities that somebody else has proven. */
export function createIdentityAttacher(dependencies: AttachDependencies): IdentityAttacher {
  const { attachments, cache, rechecks, clock, logger, outcomes, propagationMs = 480_000 } = dependencies;
  const underWay = new Map<IdentityId, Promise<AttachedIdentity>>();

  async function attach(identityId: IdentityId, way: ProvisionWay): Promise<AttachedIdentity> {
    if (await attachments.isAttached(identityId)) {
      outcomes.add({ outcome: 'found' });
      // Another copy may have attached it a moment ago.
      const fresh = (await attachments.isInForce(identityId)) === false;
      return { attachedAtMs: fresh ? clock.nowMs() : undefined };
    }
    // Should attaching fail, the next caller must not hear that it is attached.
    cache.delete(identityId);
    await attachments.attach(identityId);
    // The audit record of a change of rights.
    logger.info({ audit: true, action: 'attachPolicy', identityId, way }, 'policy attached');
    outcomes.add({ outcome: 'attached' });
    return { attachedAtMs: clock.nowMs() };
  }

  /** Asks IoT, whatever is known; concurrent calls for one identity are one. */
  async function askIot(identityId: IdentityId, way: ProvisionWay): Promise<AttachedIdentity> {
    let running = underWay.get(identityId);
    if (running === undefined) {
      running = attach(identityId, way).finally(() => underWay.delete(identityId));
      underWay.set(identityId, running);
    }
    const attached = await running;
    cache.set(identityId, attached);
    return attached;
  }

  async function ensure(identityId: IdentityId, way: ProvisionWay): Promise<AttachedIdentity> {
    const known = cache.get(identityId);
    if (known === undefined) return askIot(identityId, way);
    outcomes.add({ outcome: 'known' });
    return known;
  }

  /** @returns how long the caller has to wait before IoT may be asked about a known identity; 0 when it may be now */
  function recheckWaitMs(identityId: IdentityId): number {
    if (cache.get(identityId) === undefined || underWay.has(identityId)) return 0;
    const waitMs = rechecks.take(identityId);
    outcomes.add({ outcome: waitMs > 0 ? 'recheck_limited' : 'rechecked' });
    return waitMs;
  }

  async function status(
    identityId: IdentityId,
    { attachedAtMs }: AttachedIdentity,
  ): Promise<Pick<ProvisionReply, 'status' | 'retryUntil'>> {
    const readyAtMs = attachedAtMs === undefined ? 0 : attachedAtMs + propagationMs;
    if (clock.nowMs() >= readyAtMs) return { status: 'ready' };
    if ((await attachments.isInForce(identityId)) === true) {
      cache.set(identityId, { attachedAtMs: undefined });
      return { status: 'ready' };
    }
    return { status: 'propagating', retryUntil: new Date(readyAtMs).toISOString() };
  }

  return {
    ensure,
    async provision(identityId, way, { refused = false } = {}) {
      const retryAfterMs = refused ? recheckWaitMs(identityId) : 0;
      const askNow = refused && retryAfterMs === 0;
      const attached = await (askNow ? askIot(identityId, way) : ensure(identityId, way));
      return {
        ...(await status(identityId, attached)),
        identityId,
        ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
      };
    },
  };
}
