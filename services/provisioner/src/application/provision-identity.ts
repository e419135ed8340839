import type { IdentityId, ProvisionReply } from '@stepcast/contracts';
import type { Clock, CounterMetric, Logger } from '@stepcast/kit';
import type { IdentityDirectory } from '../ports/identity-directory.port.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';
import type { TokenVerifier } from '../ports/token-verifier.port.ts';

/** A small bounded memory; the least recently used entry goes first. */
export interface IdentityCache {
  get(key: string): CachedIdentity | undefined;
  set(key: string, value: CachedIdentity): unknown;
}

export interface CachedIdentity {
  readonly identityId: IdentityId;
  /** When this process attached the policy; undefined when it was found attached. */
  readonly attachedAtMs: number | undefined;
}

export interface ProvisionDependencies {
  readonly tokens: TokenVerifier;
  readonly identities: IdentityDirectory;
  readonly attachments: PolicyAttachments;
  readonly cache: IdentityCache;
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

/**
 * Gives the caller of a proven ID token its IoT policy.
 *
 * The token is verified, Cognito says which identity it belongs to, and that identity, never one that a caller names, gets
 * the policy. Concurrent calls of one user are one call; a user that is known needs no call to AWS until the token's check.
 */
export function createProvisionIdentity(
  dependencies: ProvisionDependencies,
): (idToken: string) => Promise<ProvisionReply> {
  const {
    tokens,
    identities,
    attachments,
    cache,
    clock,
    logger,
    outcomes,
    propagationMs = 480_000,
  } = dependencies;
  const underWay = new Map<string, Promise<CachedIdentity>>();

  async function attach(sub: string, idToken: string): Promise<CachedIdentity> {
    const identityId = await identities.identityOf(idToken);
    if (await attachments.isAttached(identityId)) {
      outcomes.add({ outcome: 'found' });
      // Another copy may have attached it a moment ago.
      const fresh = (await attachments.isInForce(identityId)) === false;
      return { identityId, attachedAtMs: fresh ? clock.nowMs() : undefined };
    }
    await attachments.attach(identityId);
    // The audit record of a change of rights.
    logger.info({ audit: true, action: 'attachPolicy', identityId, sub }, 'policy attached');
    outcomes.add({ outcome: 'attached' });
    return { identityId, attachedAtMs: clock.nowMs() };
  }

  async function provisioned(sub: string, idToken: string): Promise<CachedIdentity> {
    const known = cache.get(sub);
    if (known !== undefined) {
      outcomes.add({ outcome: 'known' });
      return known;
    }
    let running = underWay.get(sub);
    if (running === undefined) {
      running = attach(sub, idToken).finally(() => underWay.delete(sub));
      underWay.set(sub, running);
    }
    const identity = await running;
    cache.set(sub, identity);
    return identity;
  }

  return async (idToken) => {
    const { sub } = await tokens.verify(idToken);
    const { identityId, attachedAtMs } = await provisioned(sub, idToken);
    const readyAtMs = attachedAtMs === undefined ? 0 : attachedAtMs + propagationMs;
    if (clock.nowMs() >= readyAtMs) return { status: 'ready', identityId };
    if ((await attachments.isInForce(identityId)) === true) {
      cache.set(sub, { identityId, attachedAtMs: undefined });
      return { status: 'ready', identityId };
    }
    return { status: 'propagating', identityId, retryUntil: new Date(readyAtMs).toISOString() };
  };
}
