import type { IdentityId } from '@stepcast/contracts';
import type { CounterMetric } from '@stepcast/kit';
import type { IdentityCensus } from '../ports/identity-census.port.ts';
import type { Cache, IdentityAttacher } from './attach-identity.ts';

/** A login that CloudTrail recorded: Cognito gave an identity of the pool to somebody who brought a login. */
export interface RecordedLogin {
  readonly identityId: IdentityId;
}

export interface FirstLoginsDependencies {
  readonly attacher: IdentityAttacher;
  readonly census: IdentityCensus;
  /** Identities that Cognito has confirmed. */
  readonly seen: Cache<IdentityId, true>;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

/** What became of a recorded login. `ignored`: the identity is gone, or has no login. */
export type LoginOutcome = 'attached' | 'ignored';

/**
 * Attaches the policy to an identity because CloudTrail says that it signed in. What the record says of the login is
 * confirmed by Cognito before anything is attached: a writer to the queue could otherwise name identities.
 *
 * @throws PolicyNotAttachableError, DirectoryUnavailableError, RateGateFullError
 */
export function createFirstLogins(
  dependencies: FirstLoginsDependencies,
): (login: RecordedLogin) => Promise<LoginOutcome> {
  const { attacher, census, seen, outcomes } = dependencies;
  return async ({ identityId }) => {
    // Credentials are fetched anew every hour and tab; only the first of these records is worth a question.
    if (seen.get(identityId) === undefined) {
      if ((await census.find(identityId))?.signedIn !== true) {
        outcomes.add({ outcome: 'login_ignored' });
        return 'ignored';
      }
      seen.set(identityId, true);
    }
    await attacher.ensure(identityId, 'cloudTrail');
    return 'attached';
  };
}
