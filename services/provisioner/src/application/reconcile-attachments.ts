import { IdentityId } from '@stepcast/contracts';
import { errorFields, type CounterMetric, type Logger } from '@stepcast/kit';
import { SweepRefusedError } from '../errors.ts';
import type { IdentityCensus } from '../ports/identity-census.port.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';

export interface ReconcileDependencies {
  readonly attachments: PolicyAttachments;
  readonly census: IdentityCensus;
  /** The pool's region: identities of another one cannot be looked up here and are left alone. */
  readonly region: string;
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

/** What one comparison found and did. */
export interface Reconciliation {
  /** Signed-in identities of the pool. */
  readonly known: number;
  /** Identities that the policy was attached to when it began. */
  readonly targets: number;
  /** Known ones that lacked the policy and have it now. */
  readonly attached: number;
  /** Deleted ones whose attachment was taken away. */
  readonly swept: number;
  /** Targets that are no identities of this region: certificates, thing groups, other regions. Never touched. */
  readonly foreign: number;
  /** Changes that failed; the next run tries them again. */
  readonly failed: number;
}

export interface ReconcileOptions {
  /** Detaches every deleted identity, however many they seem. Default false. */
  readonly sweepAll?: boolean;
  /** Called as the comparison goes on: at each entry of a list, and before each lookup or change. Default: nothing. */
  readonly onStep?: () => void;
}

/** This many deleted identities are swept without question; above it, at most {@link SWEEP_SHARE} of all targets. */
const SWEEP_FREELY = 20;
const SWEEP_SHARE = 0.25;

/**
 * Compares the policy's attachments with the identities of the pool, and mends both kinds of drift: a signed-in identity
 * without the policy gets it, an attachment whose identity was deleted goes.
 *
 * The source of truth is Cognito. The pages of its list are read while people come and go, so an identity that is not in the
 * list is looked up by itself before anything is taken from it.
 *
 * @throws SweepRefusedError when suspiciously many seem deleted (what lacked the policy has it by then);
 *   PolicyNotAttachableError, DirectoryUnavailableError when one of the lists cannot be read, before any change
 */
export function createReconcileAttachments(
  dependencies: ReconcileDependencies,
): (options?: ReconcileOptions) => Promise<Reconciliation> {
  const { attachments, census, region, logger, outcomes } = dependencies;

  async function readTargets(
    onStep: () => void,
  ): Promise<{ readonly targets: Set<IdentityId>; readonly foreign: number }> {
    const targets = new Set<IdentityId>();
    let foreign = 0;
    for await (const target of attachments.targets()) {
      onStep();
      const identityId = IdentityId.safeParse(target).data;
      if (identityId?.startsWith(`${region}:`) === true) targets.add(identityId);
      else foreign += 1;
    }
    return { targets, foreign };
  }

  /** Runs one change; a failure is counted and logged, and must not keep the others from being made. */
  async function tried(identityId: IdentityId, change: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      return await change();
    } catch (thrown) {
      logger.error({ identityId, ...errorFields(thrown) }, 'drift not mended');
      outcomes.add({ outcome: 'drift_failed' });
      return undefined;
    }
  }

  return async ({ sweepAll = false, onStep = () => undefined } = {}) => {
    const { targets, foreign } = await readTargets(onStep);
    const signedIn = new Set<IdentityId>();
    for await (const { identityId, signedIn: hasLogin } of census.list()) {
      onStep();
      if (hasLogin) signedIn.add(identityId);
    }

    let [attached, swept, failed] = [0, 0, 0];
    for (const identityId of signedIn) {
      if (targets.has(identityId)) continue;
      onStep();
      const done = await tried(identityId, async () => {
        await attachments.attach(identityId);
        logger.info({ audit: true, action: 'attachPolicy', identityId, way: 'reconcile' }, 'policy attached');
        outcomes.add({ outcome: 'drift_attached' });
        return true;
      });
      if (done === undefined) failed += 1;
      else attached += 1;
    }

    const gone: IdentityId[] = [];
    for (const identityId of targets) {
      if (signedIn.has(identityId)) continue;
      onStep();
      const deleted = await tried(identityId, async () => (await census.find(identityId)) === undefined);
      if (deleted === undefined) failed += 1;
      else if (deleted) gone.push(identityId);
    }
    if (!sweepAll && gone.length > Math.max(SWEEP_FREELY, targets.size * SWEEP_SHARE)) {
      outcomes.add({ outcome: 'sweep_refused' });
      throw new SweepRefusedError(gone.length, targets.size);
    }
    for (const identityId of gone) {
      onStep();
      const done = await tried(identityId, async () => {
        await attachments.detach(identityId);
        logger.info({ audit: true, action: 'detachPolicy', identityId, way: 'reconcile' }, 'policy detached');
        outcomes.add({ outcome: 'drift_swept' });
        return true;
      });
      if (done === undefined) failed += 1;
      else swept += 1;
    }
    return { known: signedIn.size, targets: targets.size, attached, swept, foreign, failed };
  };
}
