import type { ExecutionArn } from '@stepcast/contracts';
import type { Logger } from '@stepcast/kit';
import type { OwnedAssignment } from '../domain/ownership.ts';
import { MAX_FOLLOWED } from '../domain/stream-head.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import type { ChildAdoption } from './adopt-children.ts';
import type { PassCounts } from './correlator-metrics.ts';
import type { EndStanding } from './end-holds.ts';
import { followUpsOf, nextGapCheck } from './follow-execution.ts';
import type { FollowUp } from './follow-ups.ts';
import {
  isReportsOnly,
  NOTHING_INCOMING,
  normalise,
  type Incoming,
  type Input,
  type Mode,
} from './incoming.ts';
import { machineOf } from './machine-refs.ts';
import type { RecordParking } from './park-records.ts';
import type { ExecutionRefusal } from './refuse-execution.ts';
import { ownerOf, type Owner, type OwnerResolver } from './resolve-owner.ts';
import { parkedRecords, type TrackedExecution, type TrackedExecutions } from './tracked-executions.ts';
import type { Watching } from './watching.ts';
import { both, countWritten, type RecordWriter, type WrittenRecords } from './write-records.ts';
import type { StreamWriter } from './stream-writer.ts';

/** What came of processing an execution once. */
export interface Pass {
  readonly counts: readonly PassCounts[];
  /** To be scheduled now. */
  readonly followUps: readonly FollowUp[];
  /** To be scheduled when the pass is settled. */
  readonly whenSettled: readonly FollowUp[];
  /** When all that the pass emitted is settled. Until then its input must not be acknowledged. */
  readonly settled: Promise<void>;
  /** For an end that waits for its log events. */
  readonly standing: EndStanding;
  /** Records wait behind a gap. */
  readonly hasGap: boolean;
  /** What became of reports. Of one that is not here, nothing has yet. */
  readonly reports: WrittenRecords['reports'];
}

/**
 * Processes what came in for an execution: emits what can be emitted, parks the rest. Resolves when all of it is stored and
 * emitted. One at a time per execution within this process; between processes the journal's conditional write decides.
 */
export type ProcessExecution = (executionArn: ExecutionArn, input: Input, mode: Mode) => Promise<Pass>;

export interface ProcessExecutionOptions {
  readonly store: ExecutionStore;
  readonly tracked: TrackedExecutions;
  readonly resolver: OwnerResolver;
  readonly recordWriter: RecordWriter;
  readonly writer: Pick<StreamWriter, 'forget'>;
  readonly parking: RecordParking;
  readonly refusal: ExecutionRefusal;
  readonly adoption: ChildAdoption;
  readonly watching: Watching;
  readonly settings: CorrelatorSettings;
  readonly logger: Logger;
}

const NOTHING: Pass = {
  counts: [],
  followUps: [],
  whenSettled: [],
  settled: Promise.resolve(),
  standing: undefined,
  hasGap: false,
  reports: [],
};

function joined(...passes: readonly Pass[]): Pass {
  return {
    counts: passes.flatMap((one) => one.counts),
    followUps: passes.flatMap((one) => one.followUps),
    whenSettled: passes.at(-1)?.whenSettled ?? [],
    settled: Promise.all(passes.map((one) => one.settled)).then(() => undefined),
    standing: passes.at(-1)?.standing,
    hasGap: passes.at(-1)?.hasGap ?? false,
    reports: passes.flatMap((one) => one.reports),
  };
}

function endStandingOf({ standing: { fold }, hasGap }: WrittenRecords): EndStanding {
  if (fold?.hasEnded === true) return 'ended';
  return fold?.isDense === true && !hasGap ? 'running' : undefined;
}

/** The line: open, normalise, resolve the owner, write, follow. Each step takes values and returns values. */
export function createProcessExecution(options: ProcessExecutionOptions): ProcessExecution {
  const { store, tracked, resolver, recordWriter, writer, parking, refusal, adoption, watching } = options;
  const { settings, logger } = options;

  async function process(executionArn: ExecutionArn, input: Input, mode: Mode): Promise<Pass> {
    const incoming = normalise(input);
    const { history, records } = incoming;
    const recordsIn = { history: history.size, events: records.length - history.size };
    if (machineOf(executionArn).isMapRunChild)
      return { ...NOTHING, counts: [{ recordsIn, records: { ignored: records.length } }] };
    if (isReportsOnly(incoming) && !(await isOwned(executionArn))) return NOTHING;
    const known = mode === 'reload' ? undefined : tracked.remembered(executionArn);
    const execution = known ?? (await tracked.open(executionArn, mode, incoming));
    if (mode === 'reload' && execution.assignment?.kind === 'owned') writer.forget(execution.assignment);
    const { assignment } = execution;
    // Usually the owner is known, and nothing comes in that could contradict: then straight to writing.
    const pass =
      assignment?.kind === 'owned' && incoming.input === undefined
        ? await processOwned(assignment, execution, incoming, mode)
        : await processOpened(execution, incoming, mode);
    // Timers and the sweep bring no records of messages, and begin no checks anew.
    const checks = pass.hasGap && recordsIn.events > 0 ? nextGapCheck(executionArn, settings) : [];
    return {
      ...pass,
      counts: [{ recordsIn }, ...pass.counts],
      followUps: both(pass.followUps, checks),
    };
  }

  /** What tasks say proves nothing: of an execution without an owner it leaves no trace, not even of when it was first heard of. */
  async function isOwned(executionArn: ExecutionArn): Promise<boolean> {
    const { assignment } = tracked.remembered(executionArn) ?? (await store.load(executionArn));
    return assignment?.kind === 'owned';
  }

  async function processOpened(execution: TrackedExecution, incoming: Incoming, mode: Mode): Promise<Pass> {
    // An execution without an owner is watched, so that the sweep finds it whatever happens to it now.
    const [owner] = await Promise.all([
      resolver.resolve(execution, incoming),
      execution.assignment === undefined ? watch(execution) : undefined,
    ]);
    return processAs(owner, execution, incoming, mode);
  }

  async function processAs(
    owner: Owner,
    execution: TrackedExecution,
    incoming: Incoming,
    mode: Mode,
  ): Promise<Pass> {
    const { followUps } = owner;
    switch (owner.kind) {
      case 'waiting':
        return joined({ ...NOTHING, followUps }, await park(execution, incoming, mode, owner.reason));
      case 'refused': {
        const known = tracked.change(execution, { assignment: owner.assignment });
        return joined({ ...NOTHING, followUps }, await refuse(owner.assignment, known, incoming));
      }
      case 'owned': {
        const known = tracked.change(execution, { assignment: owner.assignment });
        return joined({ ...NOTHING, followUps }, await processOwned(owner.assignment, known, incoming, mode));
      }
    }
  }

  /** Parks what came in. If an owner was assigned meanwhile, goes on with that one. */
  async function park(
    execution: TrackedExecution,
    incoming: Incoming,
    mode: Mode,
    reason: string,
  ): Promise<Pass> {
    const parked = await parking.parkUnowned(tracked.change(execution, { reason }), incoming);
    const { assignment } = parked.execution;
    const pass: Pass = { ...NOTHING, counts: parked.counts };
    if (assignment === undefined) return pass;
    const rest = parked.isRefused ? incoming : NOTHING_INCOMING;
    return joined(pass, await processAs(ownerOf(assignment), parked.execution, rest, mode));
  }

  async function refuse(
    assignment: Extract<Owner, { readonly kind: 'refused' }>['assignment'],
    execution: TrackedExecution,
    { records }: Incoming,
  ): Promise<Pass> {
    const counts =
      assignment.kind === 'quarantined'
        ? await refusal.quarantine(execution, records)
        : await refusal.deadLetter(execution, assignment.reason, records);
    const { executionArn } = tracked.change(execution, { parked: [], watched: false });
    return { ...NOTHING, counts: [counts], whenSettled: [{ kind: 'unwatch', executionArn, afterMs: 0 }] };
  }

  async function processOwned(
    owner: OwnedAssignment,
    execution: TrackedExecution,
    incoming: Incoming,
    mode: Mode,
  ): Promise<Pass> {
    const { pass, isShort } = await writeOwned(owner, execution, incoming, mode);
    if (!isShort) return pass;
    // What is missing may have come in to another correlator. Both park first and read then, so one of them has it all.
    writer.forget(owner);
    const again = await tracked.load(execution.executionArn);
    return joined(pass, (await writeOwned(owner, again, NOTHING_INCOMING, mode)).pass);
  }

  /** @returns `isShort` when something that came in waits behind a gap */
  async function writeOwned(
    owner: OwnedAssignment,
    execution: TrackedExecution,
    incoming: Incoming,
    mode: Mode,
  ): Promise<{ readonly pass: Pass; readonly isShort: boolean }> {
    const written = await recordWriter.write(execution, owner, incoming, mode);
    // Each of these has nothing to do as a rule, and is then not waited for.
    const adopted = adoption.hasChildren(written.outcomes)
      ? await adoption.adopt(execution.executionArn, owner, written.outcomes)
      : [];
    const parked = parking.hasRest(execution, written)
      ? await parking.parkRest(execution, incoming, written)
      : execution;
    const { followUps, isRunning, isOver } = followUpsOf(parked, written, settings);
    if (!written.standing.isFollowed && written.outcomes.some(({ record }) => record.id === 1))
      logger.warn(
        { executionArn: execution.executionArn, followed: MAX_FOLLOWED },
        'stream is full, execution not followed',
      );
    // Also when it was over before: a redrive has it run again.
    if (isRunning && !isWatched(parked)) await watch(parked);
    if (isOver) tracked.change(parked, { watched: false });
    const { executionArn } = execution;
    return {
      isShort: written.hasGap && parkedRecords(parked).some((record) => incoming.records.includes(record)),
      pass: {
        counts: countWritten(execution, incoming, written),
        followUps: both(both(written.followUps, adopted), followUps),
        whenSettled: isOver ? [{ kind: 'unwatch', executionArn, afterMs: 0 }] : [],
        settled: written.settled,
        standing: endStandingOf(written),
        hasGap: written.hasGap,
        reports: written.reports,
      },
    };
  }

  function isWatched(execution: TrackedExecution): boolean {
    return tracked.peek(execution.executionArn)?.watched ?? execution.watched;
  }

  async function watch(execution: TrackedExecution): Promise<void> {
    const { executionArn, firstSeenMs } = execution;
    if (isWatched(execution)) return;
    await watching.begin({ executionArn, sinceMs: firstSeenMs });
    tracked.change(execution, { watched: true });
  }

  /** Nothing proved an owner in time: dead-letters what is parked for the execution, with the reason. */
  async function abandon(executionArn: ExecutionArn): Promise<Pass> {
    const execution = await tracked.load(executionArn);
    if (execution.assignment !== undefined) return NOTHING;
    const { reason } = execution;
    const { assignment } = await store.assign(executionArn, { kind: 'unowned', reason });
    const known = tracked.change(execution, { assignment });
    if (assignment.kind !== 'unowned')
      return { ...NOTHING, followUps: [{ kind: 'process', executionArn, afterMs: 0 }] };
    logger.warn({ executionArn, reason }, 'execution without owner given up');
    return refuse(assignment, known, NOTHING_INCOMING);
  }

  return (executionArn, input, mode) =>
    mode === 'abandon' ? abandon(executionArn) : process(executionArn, input, mode);
}
