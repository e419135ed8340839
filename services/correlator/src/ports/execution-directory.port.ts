import type { ExecutionArn, IterationCounts } from '@stepcast/contracts';
import type { ExecutionRecord } from '@stepcast/wire';
import type { StatusFact } from '../domain/fold-status.ts';
import type { ProfileMachine } from '../domain/percent.ts';

export interface ExecutionDescription {
  readonly fact: StatusFact;
  /** JSON text; undefined when it was not included. */
  readonly input: string | undefined;
}

export interface MachineDescription {
  /** Undefined when the definition does not read. */
  readonly machine: ProfileMachine | undefined;
  /** What its log group gets. */
  readonly logLevel: 'ALL' | 'ERROR' | 'FATAL' | 'OFF' | undefined;
}

/** Step Functions does not give what was asked, and asking again does not change that. */
export interface Refusal {
  /** The name of its error. */
  readonly refused: string;
}

/**
 * Port: what Step Functions itself says. "Does not exist" is an answer (undefined), not a failure. Each call keeps to
 * its API's budget and may therefore take a while; when the service throttles or fails, it rejects with a retryable error.
 */
export interface ExecutionDirectory {
  describe(executionArn: ExecutionArn): Promise<ExecutionDescription | undefined>;
  /** Every record after `afterId` that history has, in order. Standard executions only. */
  history(
    executionArn: ExecutionArn,
    afterId: number,
  ): Promise<readonly ExecutionRecord[] | Refusal | undefined>;
  machineOf(executionArn: ExecutionArn): Promise<MachineDescription | undefined>;
  mapRun(mapRunArn: string): Promise<IterationCounts | undefined>;
}

/** Port: starting executions (managed mode). */
export interface ExecutionStarter {
  /** ARN that an execution of this name has. */
  arnOf(name: string): ExecutionArn;
  /** An execution of that name exists already: that is a success, a repeated upload event. */
  start(name: string, input: string): Promise<void>;
}
