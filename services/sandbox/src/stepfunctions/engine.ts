import {
  Execution,
  statusChangeOf,
  validateDefinition,
  type Definition,
  type ExecutionIdentity,
  type ExecutionOptions,
  type Ports,
  type Validate,
  type WorkflowType,
} from '@stepcast/asl-interpreter';
import { ActivityRegistry } from './activities.ts';
import { apiErrors } from './api/errors.ts';
import { checkArn } from './api/requests.ts';
import { arnsOf, isValidName } from './arns.ts';
import { expressProblem } from './express.ts';
import { portsOf } from './hosting.ts';
import { MapRuns } from './map-runs.ts';
import { RecordingRefusedError } from './recordings/errors.ts';
import type { RecordedExecution } from './recordings/recording.schema.ts';
import { readInput, readLogging } from './read-fields.ts';
import { Recordings } from './recordings/recordings.ts';
import { Registry, type ExecutionEntry, type StateMachine } from './registry.ts';
import type { MachineFields, NewExecution, NewMachine, StepFunctionsOptions } from './types.ts';

const defaultFunctionTimeoutMs = 900_000;
const defaultMaxClosed = 10_000;
/** Executions that run at once; a machine that starts itself would otherwise fill the memory. AWS allows 1,000,000. */
const defaultMaxRunning = 5_000;

/** State machines and their executions, behind the API and the factory. Errors are `AwsError`s of the API. */
export class Engine {
  readonly arns;
  /** Executions that ran somewhere else. */
  readonly recordings = new Recordings();
  readonly options: StepFunctionsOptions;
  readonly #validate: Validate;
  readonly registry: Registry;
  readonly mapRuns = new MapRuns();
  readonly activities = new ActivityRegistry();
  readonly #ports: Ports;
  readonly #unsettled = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** @param validate replaced only by tests that create many machines: the check of the language is slow */
  constructor(options: StepFunctionsOptions, validate: Validate = validateDefinition) {
    this.options = options;
    this.#validate = validate;
    this.arns = arnsOf(options.region, options.accountId);
    this.registry = new Registry(options.maxClosedExecutions ?? defaultMaxClosed);
    this.#ports = portsOf({
      options,
      registry: this.registry,
      activities: this.activities,
      start: (request) => this.startExecution(request),
      launch: (...given) => this.launch(...given),
      redrive: (execution) => this.redrive(execution),
      onMapRun: (progress) => {
        this.mapRuns.put(progress);
        this.#tell(() => options.onMapRun?.(progress));
      },
    });
  }

  /** Aborted when the engine stops. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** What executions reach outside of themselves. */
  get environment(): ExecutionOptions['environment'] {
    const { region, random, ids, invokeFunction, functionTimeoutMs, speed } = this.options;
    return {
      region,
      random,
      ids,
      invokeFunction: (...call) => invokeFunction(...call, this.activities.tokens),
      functionTimeoutMs: functionTimeoutMs ?? defaultFunctionTimeoutMs,
      ports: this.#ports,
      speed,
    };
  }

  /** As in AWS, creating the very same machine again gives the one that is there. */
  createStateMachine(request: NewMachine): StateMachine {
    if (!isValidName(request.name)) throw apiErrors.invalidName(request.name);
    const stateMachineArn = this.arns.stateMachine(request.name);
    const type = request.type ?? 'STANDARD';
    const definition = this.#readDefinition(request.definition, type);
    const loggingConfiguration = readLogging(request.loggingConfiguration);
    const existing = this.registry.machine(stateMachineArn);
    if (existing !== undefined) {
      const same =
        existing.definitionText === request.definition &&
        existing.roleArn === request.roleArn &&
        existing.type === type &&
        JSON.stringify(existing.loggingConfiguration) === JSON.stringify(loggingConfiguration);
      if (!same) throw apiErrors.machineExists(stateMachineArn);
      return existing;
    }
    const nowMs = this.options.clock.nowMs();
    const machine: StateMachine = {
      stateMachineArn,
      name: request.name,
      definition,
      definitionText: request.definition,
      roleArn: request.roleArn,
      type,
      loggingConfiguration,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      revisionId: this.options.ids(),
    };
    this.registry.putMachine(machine);
    return machine;
  }

  /** Executions that run keep the definition that they were started with. */
  updateStateMachine(arn: string, request: MachineFields): StateMachine {
    const existing = this.machine(arn);
    const { definition, roleArn, loggingConfiguration } = request;
    if (definition === undefined && roleArn === undefined && loggingConfiguration === undefined)
      throw apiErrors.nothingToUpdate();
    const machine: StateMachine = {
      ...existing,
      ...(definition === undefined
        ? {}
        : { definition: this.#readDefinition(definition, existing.type), definitionText: definition }),
      ...(roleArn === undefined ? {} : { roleArn }),
      ...(loggingConfiguration === undefined
        ? {}
        : { loggingConfiguration: readLogging(loggingConfiguration) }),
      updatedAtMs: this.options.clock.nowMs(),
      revisionId: this.options.ids(),
    };
    this.registry.putMachine(machine);
    return machine;
  }

  /**
   * Starts an execution. The same name with the same input, while that execution runs, gives the running one; any other
   * use of a known name is `ExecutionAlreadyExists`. Executions of Express machines may share a name.
   */
  startExecution(request: NewExecution, isSync = false): Execution {
    if (this.closing.aborted) throw apiErrors.notSupported('starting an execution while the sandbox stops');
    const machine = this.machine(checkArn(request.stateMachineArn, 'stateMachine'));
    const name = request.name ?? this.options.ids();
    if (!isValidName(name)) throw apiErrors.invalidName(name);
    const input = readInput(request.input);
    const identity: ExecutionIdentity = {
      executionArn:
        machine.type === 'EXPRESS'
          ? this.arns.express(machine.name, name, this.options.ids())
          : this.arns.execution(machine.name, name),
      ...(isSync ? { isSync } : {}),
      executionName: name,
      stateMachineArn: machine.stateMachineArn,
      stateMachineName: machine.name,
      redriveCount: 0,
    };
    if (this.recordings.find(identity.executionArn) !== undefined)
      throw apiErrors.executionExists(identity.executionArn);
    const existing = this.registry.execution(identity.executionArn);
    if (existing !== undefined) {
      if (existing.status === 'RUNNING' && existing.options.input === input) return existing;
      throw apiErrors.executionExists(identity.executionArn);
    }
    const maxRunning = this.options.maxRunningExecutions ?? defaultMaxRunning;
    if (this.registry.runningCount >= maxRunning) throw apiErrors.tooManyExecutions(maxRunning);
    return this.launch(machine, identity, input);
  }

  /** Lets an execution that did not succeed go on where it stopped. */
  redriveExecution(arn: string): Execution {
    if (this.closing.aborted) throw apiErrors.notSupported('redriving an execution while the sandbox stops');
    const execution = this.execution(arn);
    if (execution.notRedrivable !== undefined) throw apiErrors.notRedrivable(execution.notRedrivable);
    if (execution.options.identity.mapRunArn !== undefined)
      throw apiErrors.notRedrivable('Execution was started by a Map Run; redrive the parent execution');
    return this.redrive(execution);
  }

  /** @param execution one that can be redriven */
  redrive(execution: Execution): Execution {
    this.registry.reopenExecution(execution.identity.executionArn);
    execution.redrive();
    this.#follow(execution);
    return execution;
  }

  /** Keeps an execution that ran somewhere else. @throws RecordingRefusedError */
  importExecution(recording: RecordedExecution): void {
    const { executionArn } = recording.description;
    if (this.registry.execution(executionArn) !== undefined)
      throw new RecordingRefusedError(
        `${executionArn} ran in this sandbox; it cannot be imported over itself`,
      );
    this.recordings.put(recording, this.registry.nextSequence());
  }

  machine(arn: string): StateMachine {
    const machine = this.registry.machine(arn);
    if (machine === undefined) throw apiErrors.noMachine(arn);
    return machine;
  }

  machines(): readonly StateMachine[] {
    return this.registry.machines();
  }

  execution(arn: string): Execution {
    const execution = this.registry.execution(arn);
    if (execution === undefined) throw apiErrors.noExecution(arn);
    return execution;
  }

  executionsOf(stateMachineArn: string): readonly ExecutionEntry[] {
    return this.registry.executionsOf(stateMachineArn);
  }

  /** Aborts what runs and resolves when nothing of it runs any more. Functions are aborted by their signal, not waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const execution of this.registry.running())
      execution.stop('Sandbox.Stopped', 'The sandbox was stopped.');
    await Promise.all(this.#unsettled);
  }

  /** Runs a machine, of the registry or a child of a distributed Map. */
  launch(machine: StateMachine, identity: ExecutionIdentity, input: string): Execution {
    const { clock, timers } = this.options;
    const { definition, definitionText, roleArn, loggingConfiguration, type } = machine;
    const execution = new Execution({
      identity,
      definition,
      definitionText,
      roleArn,
      loggingConfiguration,
      type,
      machineUpdatedAtMs: machine.updatedAtMs,
      revisionId: machine.revisionId,
      input,
      clock,
      timers,
      environment: this.environment,
      onEvent: (one, event) =>
        this.#tell(() =>
          this.options.onHistoryEvents?.({ execution: one.identity, loggingConfiguration, events: [event] }),
        ),
      onStatus: (one) => {
        if (one.status !== 'RUNNING') this.registry.closeExecution(identity.executionArn);
        // Express executions and children of Map Runs have no status events.
        if (identity.mapRunArn === undefined && type === 'STANDARD')
          this.#tell(() => this.options.onStatusChange?.(statusChangeOf(one)));
      },
      onError: (error) => this.options.onError?.(error),
    });
    this.registry.addExecution(execution);
    execution.start();
    this.#follow(execution);
    return execution;
  }

  #follow(execution: Execution): void {
    const settled = execution.settled.finally(() => this.#unsettled.delete(settled));
    this.#unsettled.add(settled);
  }

  #readDefinition(text: string, type: WorkflowType): Definition {
    const validated = this.#validate(text);
    if (!validated.ok) throw apiErrors.invalidDefinition(validated.problem);
    const problem = type === 'EXPRESS' ? expressProblem(validated.definition) : undefined;
    if (problem !== undefined) throw apiErrors.invalidDefinition(problem);
    return validated.definition;
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.options.onError?.(error);
    }
  }
}
