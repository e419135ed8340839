import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import { evidenceOf } from '../domain/extractors/input-evidence.ts';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { Arrival, Fresh } from './arrival.ts';
import type { Background } from './background.ts';
import { keptRecords, type ExecutionMemory, type Known } from './execution-memory.ts';
import type { ProveOwner } from './prove-owner.ts';

/** Looks for the owner of an execution in what has come and what was kept. */
export interface FindOwner {
  /**
   * Sets `known.assignment` when an owner is proven (or two proofs disagree), else `known.reason`. What cannot be proven
   * now comes back by timer, by another's arrival, or by the sweep.
   * @returns whether there is an assignment now
   */
  find(executionArn: ExecutionArn, known: Known, fresh: Fresh): Promise<boolean>;
}

export function createFindOwner(options: {
  readonly memory: ExecutionMemory;
  readonly prover: ProveOwner;
  readonly directory: ExecutionDirectory;
  readonly background: Background;
  readonly settle: (executionArn: ExecutionArn, arrival: Arrival) => Promise<void>;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}): FindOwner {
  const { memory, prover, directory, background, settle, settings, clock, logger } = options;

  /** `DescribeExecution` has the input that the logs do not carry. Asked for once. */
  function askForInput(executionArn: ExecutionArn, atOnce: boolean): void {
    if (executionArnParts(executionArn).kind === 'express') return;
    background.after(`describe:${executionArn}`, atOnce ? 0 : settings.gapWaitMs, async () => {
      const known = await memory.recall(executionArn);
      if (known.assignment !== undefined || known.parked.some((item) => item.inputSeen)) return;
      const described = await directory.describe(executionArn);
      known.described = true;
      if (described === undefined)
        known.reason = 'no input came, and Step Functions does not know the execution';
      else if (described.input === undefined) known.reason = 'Step Functions does not give the input';
      else await settle(executionArn, { input: described.input });
    });
  }

  return {
    async find(executionArn, known, fresh) {
      const here = fresh.input === undefined ? undefined : evidenceOf(fresh.input);
      const evidence = here ?? known.parked.find((item) => item.evidence !== undefined)?.evidence;
      if (evidence === undefined) {
        if (fresh.input !== undefined || known.parked.some((item) => item.inputSeen))
          known.reason = 'the input names neither an uploaded object nor a parent execution';
        else if (!known.described) askForInput(executionArn, fresh.inputMissing);
        return false;
      }
      const started = [...fresh.records, ...keptRecords(known)].find((record) => record.id === 1);
      const proof = await prover.prove(executionArn, evidence, {
        firstSeenMs: known.firstSeenMs,
        startedMs: started?.timestampMs ?? fresh.statuses[0]?.startMs ?? null,
      });
      switch (proof.kind) {
        case 'assigned':
          known.assignment = proof.assignment;
          if (proof.assignment.kind === 'quarantined')
            logger.warn({ executionArn, reason: proof.assignment.reason }, 'execution quarantined');
          return true;
        case 'unproven':
          known.reason = proof.reason;
          return false;
        case 'parentAwaited':
          known.reason = 'its parent execution has no owner';
          return false;
        case 'epochAwaited':
          known.reason = 'the version of its object is not known';
          background.after(`epoch:${executionArn}`, Math.max(0, proof.untilMs - clock.nowMs()), () =>
            settle(executionArn, {}),
          );
          return false;
      }
    },
  };
}
