import { executionArnParts, type ExecutionArn, type IterationCounts } from '@stepcast/contracts';
import { type ExecutionRecord } from '@stepcast/wire';
import type {
  ExecutionDescription,
  ExecutionDirectory,
  ExecutionStarter,
  MachineDescription,
  Refusal,
} from '../ports/execution-directory.port.ts';
import { copy } from './copy.ts';
import { FailureSwitch } from './failure-switch.ts';

/** Step Functions that knows what a test gives it. */
export class FakeDirectory implements ExecutionDirectory {
  readonly histories = new Map<ExecutionArn, readonly ExecutionRecord[]>();
  readonly descriptions = new Map<ExecutionArn, ExecutionDescription>();
  readonly machines = new Map<string, MachineDescription>();
  readonly mapRuns = new Map<string, IterationCounts>();
  /** What was asked, in order: the operation and the ARN. */
  readonly asked: string[] = [];
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  #ask<T>(operation: string, arn: string, answer: () => T): Promise<T> {
    this.asked.push(`${operation} ${arn}`);
    return this.#failures.guard(answer);
  }

  describe(executionArn: ExecutionArn): Promise<ExecutionDescription | undefined> {
    return this.#ask('describe', executionArn, () => this.descriptions.get(executionArn));
  }

  history(
    executionArn: ExecutionArn,
    afterId: number,
  ): Promise<readonly ExecutionRecord[] | Refusal | undefined> {
    return this.#ask('history', executionArn, () =>
      this.histories
        .get(executionArn)
        ?.filter((record) => record.id > afterId)
        .map(copy),
    );
  }

  machineOf(executionArn: ExecutionArn): Promise<MachineDescription | undefined> {
    const machineArn = executionArnParts(executionArn).stateMachineArn;
    return this.#ask('machineOf', executionArn, () => this.machines.get(machineArn));
  }

  mapRun(mapRunArn: string): Promise<IterationCounts | undefined> {
    return this.#ask('mapRun', mapRunArn, () => this.mapRuns.get(mapRunArn));
  }
}

export class FakeStarter implements ExecutionStarter {
  readonly started = new Map<string, string>();
  readonly #arnOf: (name: string) => ExecutionArn;
  readonly #failures: FailureSwitch;

  constructor(arnOf: (name: string) => ExecutionArn, failures = new FailureSwitch()) {
    this.#arnOf = arnOf;
    this.#failures = failures;
  }

  arnOf(name: string): ExecutionArn {
    return this.#arnOf(name);
  }

  start(name: string, input: string): Promise<void> {
    return this.#failures.guard(() => {
      if (!this.started.has(name)) this.started.set(name, input);
    });
  }
}
