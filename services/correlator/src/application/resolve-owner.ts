import { CONFIGURED_SHAPE, evidenceOf, type InputEvidence } from '@stepcast/wire';
import { executionArnParts } from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import {
  contradiction,
  isHearsay,
  type Assignment,
  type OwnedAssignment,
  type QuarantinedAssignment,
  type UnownedAssignment,
} from '../domain/ownership.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { FollowUp } from './follow-ups.ts';
import type { Incoming } from './incoming.ts';
import type { OwnerProver, ProofTimes } from './prove-owner.ts';
import type { TrackedExecution } from './tracked-executions.ts';

/** Whose execution it is, as far as that is known. */
export type Owner = {
  readonly followUps: readonly FollowUp[];
} & (
  | { readonly kind: 'owned'; readonly assignment: OwnedAssignment }
  /** Two proofs disagree, or nothing proved an owner in time. */
  | { readonly kind: 'refused'; readonly assignment: QuarantinedAssignment | UnownedAssignment }
  | { readonly kind: 'waiting'; readonly reason: string }
);

export interface OwnerResolver {
  /** Searches for the owner in what has come in and in what is parked. Assigns it in the store when it is proven. */
  resolve(execution: TrackedExecution, incoming: Incoming): Promise<Owner>;
}

export function createOwnerResolver(options: {
  readonly prover: OwnerProver;
  readonly executions: ExecutionStore;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}): OwnerResolver {
  const { prover, executions, settings, clock, logger } = options;

  async function prove(
    execution: TrackedExecution,
    evidence: InputEvidence,
    incoming: Incoming,
  ): Promise<Owner | (OwnerOfAssignment & { readonly awaited: boolean })> {
    const { executionArn } = execution;
    const proof = await prover.prove(executionArn, evidence, timesOf(execution, incoming));
    switch (proof.kind) {
      case 'assigned':
        if (proof.assignment.kind === 'quarantined')
          logger.warn({ executionArn, reason: proof.assignment.reason }, 'execution quarantined');
        else if (proof.assignment.kind === 'owned') {
          const { uploadId, epoch } = proof.assignment;
          logger.debug({ executionArn, uploadId, epoch }, 'owner proven');
        }
        return { kind: 'assigned', assignment: proof.assignment, awaited: proof.awaited };
      case 'unproven':
        return waiting(proof.reason);
      case 'parentAwaited':
        return waiting('its parent execution has no owner');
      case 'versionAwaited': {
        const afterMs = Math.max(0, proof.untilMs - clock.nowMs());
        return waiting('the version of its object is not known', [
          { kind: 'process', executionArn, afterMs },
        ]);
      }
    }
  }

  /**
   * The owner may have been known before the input came (managed start, nested): the input must not contradict it. Where only
   * the log of another execution named the owner, the input decides.
   */
  async function crossCheck(
    execution: TrackedExecution,
    assignment: Assignment,
    evidence: InputEvidence | undefined,
    incoming: Incoming,
  ): Promise<Assignment> {
    const { executionArn } = execution;
    if (assignment.kind !== 'owned' || evidence === undefined) return assignment;
    const reason = contradiction(settings.rules, assignment, evidence);
    if (reason === undefined) return assignment;
    if (isHearsay(assignment, evidence)) {
      const proof = await prover.proveAgain(executionArn, evidence, timesOf(execution, incoming));
      if (proof.kind === 'assigned') return proof.assignment;
    }
    // What a configured path finds may be anything that a workflow hands on: it never takes a proven owner away.
    if (evidence.shape === CONFIGURED_SHAPE) return assignment;
    logger.warn({ executionArn, reason }, 'execution quarantined');
    const quarantined = { kind: 'quarantined', reason } as const;
    await executions.reassign(executionArn, quarantined);
    return quarantined;
  }

  return {
    async resolve(execution, incoming) {
      const { executionArn } = execution;
      const here =
        incoming.input === undefined ? undefined : evidenceOf(incoming.input, settings.findConfigured);
      const checked = async (assignment: Assignment, followUps: readonly FollowUp[] = []) =>
        ownerOf(await crossCheck(execution, assignment, here, incoming), followUps);
      if (execution.assignment !== undefined) return checked(execution.assignment);
      const evidence = here ?? execution.parked.find((item) => item.evidence !== undefined)?.evidence;
      if (evidence === undefined) return withoutEvidence(execution, incoming, settings);
      const proven = await prove(execution, evidence, incoming);
      if (proven.kind !== 'assigned') return proven;
      return checked(
        proven.assignment,
        proven.awaited ? [{ kind: 'recheck', executionArn, afterMs: 0 }] : [],
      );
    },
  };
}

function timesOf({ firstSeenMs, parked }: TrackedExecution, { records, statuses }: Incoming): ProofTimes {
  const started = [...records, ...parked.flatMap((item) => item.records)].find((record) => record.id === 1);
  return { firstSeenMs, startedMs: started?.timestampMs ?? statuses[0]?.startMs ?? null };
}

interface OwnerOfAssignment {
  readonly kind: 'assigned';
  readonly assignment: Assignment;
}

/** The owner that an assignment names. */
export function ownerOf(assignment: Assignment, followUps: readonly FollowUp[] = []): Owner {
  return assignment.kind === 'owned'
    ? { kind: 'owned', assignment, followUps }
    : { kind: 'refused', assignment, followUps };
}

function waiting(reason: string, followUps: readonly FollowUp[] = []): Owner {
  return { kind: 'waiting', reason, followUps };
}

/** The input said nothing, or there was none. Step Functions is asked for a missing one, once. */
function withoutEvidence(
  { executionArn, parked, described, reason }: TrackedExecution,
  incoming: Incoming,
  settings: CorrelatorSettings,
): Owner {
  if (incoming.input !== undefined || parked.some((item) => item.inputSeen))
    return waiting(
      'the input names neither an uploaded object nor a parent execution. Where it names its object in a form of its own, ' +
        'ownership.inputPaths says where',
    );
  if (described || executionArnParts(executionArn).kind === 'express') return waiting(reason);
  return waiting(reason, [
    { kind: 'describe', executionArn, afterMs: incoming.inputMissing ? 0 : settings.gapWaitMs },
  ]);
}
