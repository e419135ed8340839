import { executionArnParts, type ExecutionArn } from '@stepcast/contracts';
import type { Clock, Logger } from '@stepcast/kit';
import type { StreamHead } from '../domain/entry-planner.ts';
import { hasEnded } from '../domain/execution-fold.ts';
import { evidenceOf } from '../domain/extractors/input-evidence.ts';
import { contradiction, type Assignment, type OwnedAssignment } from '../domain/ownership.ts';
import type { ParkedItem } from '../domain/parked.ts';
import { advanceStream, follows, MAX_FOLLOWED, type Advanced } from '../domain/stream.ts';
import type { DeadLetters } from '@stepcast/wire';
import type { ExecutionDirectory } from '../ports/execution-directory.port.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import { countTold, freshOf, toldOf, type Arrival, type Fresh, type Told } from './arrival.ts';
import type { Background } from './background.ts';
import { createExecutionMemory, keptRecords, type Known } from './execution-memory.ts';
import { createFindOwner } from './find-owner.ts';
import { createKeepRecords } from './keep-records.ts';
import type { KeyedLocks } from './keyed-locks.ts';
import type { MachineProfiles } from './machine-profiles.ts';
import { createTally, type Outcomes } from './outcomes.ts';
import type { ProveOwner } from './prove-owner.ts';
import { createRefuseExecution } from './refuse-execution.ts';
import { createRepairExecution } from './repair-execution.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { Watching } from './watching.ts';

export interface SettleExecution {
  /** Takes what has come, tells what can be told, and keeps the rest. Resolves when all of it is stored somewhere. */
  settle(executionArn: ExecutionArn, arrival: Arrival): Promise<void>;
  /** Nothing proved an owner in time: gives up what is kept for the execution, and says why. */
  abandon(executionArn: ExecutionArn): Promise<void>;
  /** Forgets what is in memory, so that it is read again. */
  forget(executionArn: ExecutionArn): void;
  /** What is known of an execution, and how far its stream has come. */
  look(executionArn: ExecutionArn): Promise<ExecutionView>;
}

export interface ExecutionView {
  readonly assignment: Assignment | undefined;
  /** Undefined without an owner. */
  readonly head: StreamHead | undefined;
  readonly parked: readonly ParkedItem[];
}

export interface SettleDependencies {
  readonly executions: ExecutionStore;
  readonly watching: Watching;
  readonly directory: ExecutionDirectory;
  readonly deadLetters: DeadLetters;
  readonly writer: StreamWriter;
  readonly prover: ProveOwner;
  readonly profiles: MachineProfiles;
  readonly background: Background;
  readonly locks: KeyedLocks;
  readonly outcomes: Outcomes;
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxExecutions: number;
}

/**
 * The one way in which anything that is heard of an execution is dealt with: find the owner, tell what follows on
 * without a hole, keep the rest. One at a time per execution within this process; between processes the journal's
 * conditional write decides.
 */
export function createSettleExecution(dependencies: SettleDependencies): SettleExecution {
  const { executions, watching, writer, profiles, background, locks, outcomes, settings, logger } =
    dependencies;
  const memory = createExecutionMemory(dependencies);
  const keeper = createKeepRecords({ executions, memory });
  const refuse = createRefuseExecution({ ...dependencies, memory });
  const finder = createFindOwner({ ...dependencies, memory, settle });
  const repairer = createRepairExecution({ ...dependencies, settler: { settle, look } });

  function settle(executionArn: ExecutionArn, arrival: Arrival): Promise<void> {
    return locks.run(`execution#${executionArn}`, async () => {
      const tally = createTally(outcomes);
      const fresh = freshOf(arrival, tally);
      tally.outcomes.recordsIn('history', fresh.history.size);
      tally.outcomes.recordsIn('events', fresh.records.length - fresh.history.size);
      // Children of a distributed Map are counted by their Map Run; there may be a million of them.
      if (executionArnParts(executionArn).mapRunLabel !== undefined)
        tally.outcomes.record('ignored', fresh.records.length);
      else await settleKnown(executionArn, fresh, arrival);
      tally.commit();
    });
  }

  async function settleKnown(executionArn: ExecutionArn, arrived: Fresh, arrival: Arrival): Promise<void> {
    let known = await recall(executionArn, arrived, arrival);
    if (arrival.reload === true && known.assignment?.kind === 'owned') writer.forget(known.assignment);
    let fresh = arrived;
    if (known.assignment === undefined) {
      const [found] = await Promise.all([
        finder.find(executionArn, known, fresh),
        watch(executionArn, known),
      ]);
      if (!found) {
        known = await keeper.keepUnowned(executionArn, known, fresh);
        if (known.assignment === undefined) return;
        fresh = freshOf({}, fresh.tally);
      }
      background.after(`look-again:${executionArn}`, 0, () => lookAgain(executionArn));
    }
    if (known.assignment?.kind === 'owned' && fresh.input !== undefined)
      await crossCheck(executionArn, known, known.assignment, fresh.input);
    const { assignment } = known;
    switch (assignment?.kind) {
      case undefined:
        return;
      case 'quarantined':
        await refuse.quarantine(executionArn, known, fresh);
        return;
      case 'unowned':
        await refuse.giveUp(executionArn, known, assignment.reason, fresh.records, fresh.tally);
        return;
      case 'owned':
        await settleOwned(executionArn, known, assignment, fresh, arrival);
    }
  }

  function recall(executionArn: ExecutionArn, { input }: Fresh, { reload }: Arrival): Promise<Known> {
    if (reload === true) return memory.load(executionArn);
    if (input !== undefined && memory.peek(executionArn) === undefined)
      return Promise.resolve(memory.begin(executionArn));
    return memory.recall(executionArn);
  }

  /** The owner may have been known before the input came (managed start, nested): the input must not say otherwise. */
  async function crossCheck(
    executionArn: ExecutionArn,
    known: Known,
    owner: OwnedAssignment,
    input: string,
  ): Promise<void> {
    const evidence = evidenceOf(input);
    const reason = evidence === undefined ? undefined : contradiction(settings.rules, owner, evidence);
    if (reason === undefined) return;
    logger.warn({ executionArn, reason }, 'execution quarantined');
    known.assignment = await executions.assign(
      executionArn,
      { kind: 'quarantined', reason },
      { replace: true },
    );
  }

  async function watch(executionArn: ExecutionArn, known: Known): Promise<void> {
    if (known.watched) return;
    await watching.begin({ executionArn, sinceMs: known.firstSeenMs });
    known.watched = true;
  }

  /**
   * After an assignment: what came to another correlator while the owner was being proven here is kept by it, and not
   * in the memory of this one. Whoever keeps looks for the owner afterwards, whoever assigns looks for what is kept
   * afterwards, so one of the two finds it. The same goes for nested executions that wait for their parent.
   */
  async function lookAgain(executionArn: ExecutionArn): Promise<void> {
    const { children, parked } = await executions.load(executionArn);
    for (const child of children) wake(child);
    const here = new Set(memory.peek(executionArn)?.parked.map((item) => item.key));
    if (parked.some((item) => !here.has(item.key))) wake(executionArn);
  }

  function wake(executionArn: ExecutionArn): void {
    background.after(`wake:${executionArn}`, 0, () => settle(executionArn, { reload: true }));
  }

  async function settleOwned(
    executionArn: ExecutionArn,
    known: Known,
    owner: OwnedAssignment,
    fresh: Fresh,
    arrival: Arrival,
    isRecheck = false,
  ): Promise<void> {
    const { profile, sparse } = profiles.peek(executionArn);
    const kept = keptRecords(known);
    const records = [...kept, ...fresh.records];
    const statuses = [...known.parked.flatMap((item) => item.statuses), ...fresh.statuses];
    const { source, nested } = owner;
    const { giveUp } = arrival;
    const results = await writer.write(owner, (head) => {
      const advance = { executionArn, source, nested, records, statuses, sparse, giveUp, profile };
      const result = advanceStream(head, advance);
      return { entries: result.entries, result };
    });
    const last = results.at(-1);
    if (last === undefined) return;

    const told = toldOf(kept, fresh.records, results, last);
    // Repeated records may be those of a process that died before it had handed over, or adopted.
    if (told.released.size < records.length - told.keeping.size) await writer.ensureHandedOver(owner);
    for (const child of childrenIn(told)) await adopt(executionArn, owner, child);
    await keeper.keepUntold(executionArn, known, fresh, told);
    countTold(told, fresh);
    if (arrival.backstop === true && told.released.size > 0) fresh.tally.outcomes.backstop('gap');
    const stays = results.flatMap((one) => one.stays);
    profiles.observe(executionArn, stays);

    if (!isRecheck && last.waiting.some((record) => fresh.records.includes(record))) {
      // What is missing may have come to another correlator in the meantime. Both keep first and look then, so one
      // of them sees it all.
      writer.forget(owner);
      const again = await memory.load(executionArn);
      await settleOwned(executionArn, again, owner, freshOf({}, fresh.tally), arrival, true);
      return;
    }
    await lookAhead(executionArn, known, owner, last);
  }

  function childrenIn({ candidates, keepingIds }: Told): Set<ExecutionArn> {
    const children = new Set<ExecutionArn>();
    for (const { id, details } of candidates) {
      if (details.childExecutionArn !== undefined && !keepingIds.has(id))
        children.add(details.childExecutionArn);
    }
    return children;
  }

  /** A nested execution inherits the owner and joins the stream. */
  async function adopt(parent: ExecutionArn, owner: OwnedAssignment, child: ExecutionArn): Promise<void> {
    if (child === parent) return;
    const assigned = await executions.assign(child, { ...owner, nested: true, proofs: ['parent'] });
    if (assigned.kind === 'owned' && assigned.identityId !== owner.identityId) {
      const reason = 'the execution that started it and its own input name different identities';
      await executions.assign(child, { kind: 'quarantined', reason }, { replace: true });
      logger.warn({ executionArn: child, reason }, 'execution quarantined');
    }
    wake(child);
  }

  /** What time will have to bring: a repair, a poll, nothing more. */
  async function lookAhead(
    executionArn: ExecutionArn,
    known: Known,
    owner: OwnedAssignment,
    last: Advanced,
  ): Promise<void> {
    if (last.waiting.length > 0 || last.waitingStatuses.length > 0) {
      await watch(executionArn, known);
      repairer.repairSoon(executionArn);
      return;
    }
    const head = last.entries.at(-1)?.head ?? (await writer.peek(owner));
    const fold = head.folds.get(executionArn);
    if (fold !== undefined && !hasEnded(fold)) {
      // Also when it was over before: a redrive has it run again.
      await watch(executionArn, known);
      if (fold.mapRuns.size > 0) repairer.pollSoon(executionArn);
      return;
    }
    const isFollowed = follows(head, executionArn);
    if (!isFollowed && last.late.some(({ id }) => id === 1))
      logger.warn({ executionArn, followed: MAX_FOLLOWED }, 'stream is full, execution not followed');
    if (isFollowed && (fold === undefined || known.parked.length > 0)) return;
    watching.end(executionArn);
    known.watched = false;
  }

  async function look(executionArn: ExecutionArn): Promise<ExecutionView> {
    const { assignment, parked } = await memory.recall(executionArn);
    const head = assignment?.kind === 'owned' ? await writer.peek(assignment) : undefined;
    return { assignment, parked, head };
  }

  return {
    settle,
    look,
    forget(executionArn) {
      memory.forget(executionArn);
    },
    abandon: (executionArn) =>
      locks.run(`execution#${executionArn}`, async () => {
        const known = await memory.load(executionArn);
        if (known.assignment !== undefined) return;
        const { reason } = known;
        known.assignment = await executions.assign(executionArn, { kind: 'unowned', reason });
        if (known.assignment.kind !== 'unowned') {
          wake(executionArn);
          return;
        }
        logger.warn({ executionArn, reason }, 'execution without owner given up');
        const tally = createTally(outcomes);
        await refuse.giveUp(executionArn, known, reason, [], tally);
        tally.commit();
      }),
  };
}
