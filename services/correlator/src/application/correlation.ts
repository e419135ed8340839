import type { DeadLetters, RecordBatch } from '@stepcast/wire';
import type { Clock, Logger, Metrics, Timers } from '@stepcast/kit';
import type { StatusNotice, UploadNotice } from '../domain/notices.ts';
import type { ExecutionDirectory, ExecutionStarter } from '../ports/execution-directory.port.ts';
import type { ExecutionStore, WatchList } from '../ports/execution-store.port.ts';
import type { Journal } from '../ports/journal.port.ts';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import type { CorrelatorSettings } from '../settings.ts';
import { createBackground } from './background.ts';
import { createKeyedLocks } from './keyed-locks.ts';
import { createMachineProfiles } from './machine-profiles.ts';
import { createOutcomes, type Outcomes } from './outcomes.ts';
import { createProveOwner } from './prove-owner.ts';
import { createSettleExecution, type SettleExecution } from './settle-execution.ts';
import { createStreamWriter } from './stream-writer.ts';
import { createSweep } from './sweep.ts';
import { createTakeUpload } from './take-upload.ts';
import { createWatching } from './watching.ts';

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
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Executions and streams kept in memory. Default 20,000 of each. */
  readonly maxCached?: number | undefined;
}

/** The correlator without its queues: every use case, on ports. */
export interface Correlation {
  /** Takes a batch. When it resolves, every record is told, recognised as repeated, or stored for later. */
  correlate(batch: RecordBatch): Promise<void>;
  takeStatus(notice: StatusNotice): Promise<void>;
  takeUpload(notice: UploadNotice): Promise<void>;
  /** Looks after every execution that has not ended. */
  sweep(): Promise<void>;
  /** What is known of an execution. */
  look: SettleExecution['look'];
  /** Resolves when no background work is under way; work that is due later does not count. */
  idle(): Promise<void>;
  /** Calls off background work that is due, and resolves when none is under way. */
  stop(): Promise<void>;
  readonly outcomes: Outcomes;
}

export function createCorrelation(options: CorrelationOptions): Correlation {
  const { settings, clock, timers, random, logger, metrics, maxCached = 20_000 } = options;
  const { executions, watchList, uploads, waitingRoom, directory, deadLetters } = options;
  const outcomes = createOutcomes(metrics);
  const background = createBackground({ timers, logger, random });
  const locks = createKeyedLocks();
  const writer = createStreamWriter({
    journal: options.journal,
    outbox: options.outbox,
    locks,
    outcomes,
    logger,
    maxHeads: maxCached,
  });
  const nowMs = () => clock.nowMs();
  const prover = createProveOwner({ executions, uploads, waitingRoom, writer, settings, nowMs });
  const profiles = createMachineProfiles({ directory, store: options.machines, background, clock });
  const shared = {
    executions,
    watching: createWatching({ watchList, background }),
    directory,
    deadLetters,
    writer,
    prover,
    background,
    outcomes,
    settings,
    clock,
    logger,
  };
  const settler = createSettleExecution({ ...shared, profiles, locks, maxExecutions: maxCached });
  const uploadTaker = createTakeUpload({
    ...shared,
    uploads,
    waitingRoom,
    settler,
    starter: options.starter,
  });
  const sweep = createSweep({ ...shared, watchList, settler });
  return {
    outcomes,
    correlate: ({ executionArn, records }) => settler.settle(executionArn, { records }),
    takeStatus: ({ executionArn, fact, input }) => settler.settle(executionArn, { statuses: [fact], input }),
    takeUpload: (notice) => uploadTaker.take(notice),
    sweep: () => sweep.run(),
    look: (executionArn) => settler.look(executionArn),
    idle: () => background.idle(),
    stop: () => background.stop(),
  };
}
