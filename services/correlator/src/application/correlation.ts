import type { Clock, Logger, Metrics, Timers, Tracing } from '@stepcast/kit';
import type { DeadLetters, TargetReports } from '@stepcast/wire';
import type { StatusNotice, UploadNotice } from '../domain/notices.ts';
import type { ExecutionDirectory, ExecutionStarter } from '../ports/execution-directory.port.ts';
import type { ExecutionStore, WatchList } from '../ports/execution-store.port.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import { createChildAdoption } from './adopt-children.ts';
import { createCorrelatorMetrics, type CorrelatorMetrics } from './correlator-metrics.ts';
import { EndHolds } from './end-holds.ts';
import { Enrolments } from './enrolments.ts';
import { createExecutions, type Executions } from './executions.ts';
import { FollowUpScheduler } from './follow-up-scheduler.ts';
import { createFindReported } from './find-reported.ts';
import type { FollowUp } from './follow-ups.ts';
import type { IncomingBatch } from './incoming.ts';
import { KeyedLocks } from './keyed-locks.ts';
import { MachineProfiles } from './machine-profiles.ts';
import { createRecordParking } from './park-records.ts';
import { createProcessExecution } from './process-execution.ts';
import { OwnerProver } from './prove-owner.ts';
import { createExecutionRefusal } from './refuse-execution.ts';
import { createExecutionRepair } from './repair-execution.ts';
import { createOwnerResolver } from './resolve-owner.ts';
import { createRunFollowUp } from './run-follow-up.ts';
import { StreamWriter } from './stream-writer.ts';
import { Sweep } from './sweep.ts';
import { Reports } from './take-reports.ts';
import { createUploadTaker } from './take-upload.ts';
import { createTracedJournal, createTracedOutbox, createUploadTraces } from './upload-traces.ts';
import { TrackedExecutions } from './tracked-executions.ts';
import { UploadVersions } from './upload-versions.ts';
import { Watching } from './watching.ts';
import { createRecordWriter } from './write-records.ts';

export interface CorrelationPorts {
  readonly journal: Journal;
  readonly executions: ExecutionStore;
  readonly watchList: WatchList;
  readonly uploads: UploadStore;
  readonly waitingRoom: WaitingRoom;
  readonly machines: MachineStore;
  readonly directory: ExecutionDirectory;
  /** Managed mode needs one; without it nothing is started. */
  readonly starter?: ExecutionStarter | undefined;
  readonly outbox: ProgressOutbox;
  readonly deadLetters: DeadLetters;
}

export interface CorrelationOptions extends CorrelationPorts {
  readonly settings: CorrelatorSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default none: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** For so long after the start executions that have ended stay on the watch list; see `Watching`. Default 0. */
  readonly keepEndedMs?: number | undefined;
  /** What the heads of streams in memory may take. Default 48 MiB. */
  readonly maxHeadBytes?: number | undefined;
  /** What the executions in memory may take. Default 16 MiB. */
  readonly maxExecutionBytes?: number | undefined;
}

/** The correlator without its queues: every use case, on ports. */
export interface Correlation {
  /**
   * Takes a batch. When it resolves, every record is emitted, recognised as repeated, or parked, and all that follows from
   * what was emitted is settled: the batch may be acknowledged.
   */
  correlate(batch: IncomingBatch): Promise<void>;
  /**
   * Takes a status. An end may be held until its log events have come, for a while.
   * @throws HoldGivenBackError when the process stops meanwhile
   */
  takeStatus(notice: StatusNotice): Promise<void>;
  takeUpload(notice: UploadNotice): Promise<void>;
  /**
   * Takes what tasks report of their own progress. Resolves when it is written or dropped; it may wait for its step.
   * @throws HoldGivenBackError when the process stops meanwhile
   */
  takeReports(reports: TargetReports): Promise<void>;
  /** Visits every execution that has not ended. It lasts as long as the budgets of Step Functions make it. */
  sweep(): Promise<void>;
  /** When a sweep visited an execution last, or ended; undefined before the first. */
  readonly lastSweptMs: () => number | undefined;
  /** What is known of an execution. */
  inspect: Executions['inspect'];
  /** Resolves when no follow-up is under way. One that is due later does not count. */
  idle(): Promise<void>;
  /** Gives back what is held: no more than what is under way is waited for from now on. */
  giveBack(): void;
  /** Calls off follow-ups that are due, and resolves when none is under way. */
  stop(): Promise<void>;
  readonly metrics: CorrelatorMetrics;
}

const MIB = 1024 * 1024;
/**
 * Sizes are lengths as JSON, and a heap holds about three times as much. V8 gives itself a heap of some 560 MB in the container
 * of 1,024 MiB that an engine has, so these two take about a third of it.
 */
const [MAX_HEAD_BYTES, MAX_EXECUTION_BYTES] = [48 * MIB, 16 * MIB];

export function createCorrelation(options: CorrelationOptions): Correlation {
  const { settings, clock, timers, random, logger } = options;
  const { executions: store, watchList, uploads, waitingRoom, directory, deadLetters } = options;
  const { maxHeadBytes = MAX_HEAD_BYTES, maxExecutionBytes = MAX_EXECUTION_BYTES } = options;
  const metrics = createCorrelatorMetrics(options.metrics);
  const enrolments = new Enrolments(options);
  const traces = options.tracing === undefined ? undefined : createUploadTraces(options.tracing, clock);
  const writer = new StreamWriter({
    ...options,
    ...(traces === undefined
      ? {}
      : {
          journal: createTracedJournal(options.journal, traces, clock),
          outbox: createTracedOutbox(options.outbox, traces, clock),
        }),
    enrolments,
    locks: new KeyedLocks(),
    metrics,
    snapshotIntervalMs: settings.snapshotIntervalMs,
    maxBytes: maxHeadBytes,
  });
  const tracked = new TrackedExecutions({
    executions: store,
    clock,
    maxBytes: maxExecutionBytes,
    findConfigured: options.settings.findConfigured,
  });
  const versions = new UploadVersions(uploads);
  const watching = new Watching(options);
  const profiles = new MachineProfiles({ directory, store: options.machines, clock });
  const prover = new OwnerProver({ ...options, versions, writer, enrolments });
  const processExecution = createProcessExecution({
    store,
    tracked,
    resolver: createOwnerResolver({ ...options, prover }),
    recordWriter: createRecordWriter({ writer, profiles }),
    writer,
    parking: createRecordParking({ store, tracked }),
    refusal: createExecutionRefusal({ store, tracked, deadLetters }),
    adoption: createChildAdoption({ store, logger }),
    watching,
    settings,
    logger,
  });
  const schedule = (followUps: readonly FollowUp[]) => {
    scheduler.schedule(followUps);
  };
  const holds = new EndHolds({ timers, holdMs: settings.endHoldMs });
  const executions = createExecutions({
    processExecution,
    store,
    tracked,
    writer,
    metrics,
    holds,
    schedule,
  });
  const repair = createExecutionRepair({ executions, directory, profiles, settings, logger });
  const scheduler = new FollowUpScheduler({
    clock,
    timers,
    logger,
    random,
    run: createRunFollowUp({ executions, repair, tracked, store, directory, profiles, writer, watching }),
  });
  const uploadTaker = createUploadTaker({
    store,
    watching,
    uploads,
    versions,
    waitingRoom,
    starter: options.starter,
    deadLetters,
    executions,
    writer,
    enrolments,
    schedule,
    metrics,
    settings,
    clock,
    logger,
    traces,
  });
  const reports = new Reports({
    find: createFindReported({ uploads, writer, rules: settings.rules }),
    executions,
    metrics,
    clock,
    timers,
    logger,
    waitMs: settings.reportWaitMs,
    intervalMs: settings.reportIntervalMs,
  });
  const sweep = new Sweep({ watchList, directory, executions, writer, metrics, settings, clock, logger });
  return {
    metrics,
    correlate(batch) {
      const { executionArn, records, reload } = batch;
      // Records are in order of id, and so of time.
      const [oldest] = records;
      const arrivedMs = clock.nowMs();
      if (oldest !== undefined) metrics.arrived(arrivedMs - oldest.timestampMs);
      const done = executions.process(executionArn, { records }, reload === true ? 'reload' : 'normal');
      if (traces === undefined) return done;
      return done.then(() => {
        // Whose batch it was is known by now. If not, it waits for that, and what comes of it has spans of its own.
        const assignment = tracked.peek(executionArn)?.assignment;
        if (assignment?.kind === 'owned') traces.batchForwarded(assignment, batch, arrivedMs);
      });
    },
    async takeStatus({ executionArn, fact, input }) {
      await holds.hold(executionArn, fact);
      await executions.process(executionArn, { statuses: [fact], input });
    },
    takeUpload: (notice) => uploadTaker.take(notice),
    takeReports: (one) => reports.take(one),
    sweep: () => sweep.run(),
    lastSweptMs: () => sweep.lastProgressMs,
    inspect: (executionArn) => executions.inspect(executionArn),
    idle: () => scheduler.idle(),
    giveBack: () => {
      holds.giveBack();
      reports.giveBack();
    },
    stop: () => scheduler.stop(),
  };
}
