import type { Definition, Execution, LoggingConfiguration, WorkflowType } from '@stepcast/asl-interpreter';

export interface StateMachine {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly definition: Definition;
  /** As it was given. */
  readonly definitionText: string;
  readonly roleArn: string;
  readonly type: WorkflowType;
  readonly loggingConfiguration: LoggingConfiguration;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly revisionId: string;
}

export interface ExecutionEntry {
  readonly execution: Execution;
  /** 1, 2, 3… in the order of starting. */
  readonly sequence: number;
}

/** State machines and executions of this sandbox, in memory. Closed executions beyond a number are forgotten. */
export class Registry {
  readonly #machines = new Map<string, StateMachine>();
  readonly #executions = new Map<string, ExecutionEntry>();
  readonly #closed: string[] = [];
  readonly #maxClosed: number;
  #sequence = 0;

  constructor(maxClosed: number) {
    this.#maxClosed = maxClosed;
  }

  machine(arn: string): StateMachine | undefined {
    return this.#machines.get(arn);
  }

  machines(): readonly StateMachine[] {
    return [...this.#machines.values()];
  }

  putMachine(machine: StateMachine): void {
    this.#machines.set(machine.stateMachineArn, machine);
  }

  execution(arn: string): Execution | undefined {
    return this.#executions.get(arn)?.execution;
  }

  addExecution(execution: Execution): void {
    const { executionArn } = execution.options.identity;
    this.#executions.set(executionArn, { execution, sequence: this.nextSequence() });
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** To be called when an execution has ended. */
  closeExecution(arn: string): void {
    this.#closed.push(arn);
    while (this.#closed.length > this.#maxClosed) {
      const oldest = this.#closed.shift();
      if (oldest !== undefined) this.#executions.delete(oldest);
    }
  }

  /** To be called when an execution that had ended runs again. */
  reopenExecution(arn: string): void {
    const at = this.#closed.indexOf(arn);
    if (at >= 0) this.#closed.splice(at, 1);
  }

  /** How many executions run. */
  get runningCount(): number {
    return this.#executions.size - this.#closed.length;
  }

  running(): readonly Execution[] {
    return [...this.#executions.values()]
      .map(({ execution }) => execution)
      .filter(({ status }) => status === 'RUNNING');
  }

  /** Executions of a machine, the newest first. */
  executionsOf(stateMachineArn: string): readonly ExecutionEntry[] {
    return [...this.#executions.values()]
      .filter(({ execution }) => execution.options.identity.stateMachineArn === stateMachineArn)
      .toReversed();
  }

  /** Children of a Map Run, the newest first. */
  executionsOfMapRun(mapRunArn: string): readonly ExecutionEntry[] {
    return [...this.#executions.values()]
      .filter(({ execution }) => execution.options.identity.mapRunArn === mapRunArn)
      .toReversed();
  }
}
