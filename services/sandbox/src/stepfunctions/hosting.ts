import {
  ServiceError,
  startedOf,
  type Definition,
  type Execution,
  type ExecutionIdentity,
  type MapRunProgress,
  type Ports,
  type WorkflowType,
} from '@stepcast/asl-interpreter';
import { AwsError } from '../core/index.ts';
import type { ActivityRegistry } from './activities.ts';
import type { Registry, StateMachine } from './registry.ts';
import type { StepFunctionsOptions } from './types.ts';

/** What an engine does for the executions that run in it. */
export interface Hosting {
  readonly options: StepFunctionsOptions;
  readonly registry: Registry;
  readonly activities: ActivityRegistry;
  start(request: {
    readonly stateMachineArn: string;
    readonly name?: string | undefined;
    readonly input: string;
  }): Execution;
  launch(machine: StateMachine, identity: ExecutionIdentity, input: string): Execution;
  redrive(execution: Execution): Execution;
  onMapRun(progress: MapRunProgress): void;
}

const noObjects: Ports['objects'] = {
  read: () => Promise.reject(noService('S3')),
  write: () => Promise.reject(noService('S3')),
  list: () => Promise.reject(noService('S3')),
};

function noService(name: string): ServiceError {
  return new ServiceError('States.TaskFailed', `There is no ${name} in this sandbox.`);
}

/** The ports of executions over an engine. */
export function portsOf(host: Hosting): Ports {
  const { options, registry, activities } = host;
  return {
    ...(options.mocks === undefined ? {} : { mocks: options.mocks }),
    callService: (call) =>
      options.callService?.(call, activities.tokens) ?? Promise.reject(noService(call.resource.resourceType)),
    objects: options.objects ?? noObjects,
    tokens: activities.tokens,
    activities: activities.tasks,
    executions: {
      has: (arn) => registry.machine(arn) !== undefined,
      start: (request) => {
        try {
          return startedOf(host.start(request));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          throw new ServiceError(`StepFunctions.${error.code}Exception`, error.message);
        }
      },
      redriveChild: (executionArn) => {
        const child = registry.execution(executionArn);
        return child === undefined || child.notRedrivable !== undefined
          ? undefined
          : startedOf(host.redrive(child));
      },
      startChild: (parentArn, { mapRunArn, label, machine, type, input }) => {
        const parent = registry.execution(parentArn);
        if (parent === undefined) throw noService('parent execution');
        const name = options.ids();
        return startedOf(host.launch(...childOf(parent, mapRunArn, label, machine, type, name), input));
      },
      onMapRun: (progress) => host.onMapRun(progress),
    },
  };
}

/** The labelled machine and the identity of a child of a distributed Map. */
function childOf(
  parent: Execution,
  mapRunArn: string,
  label: string,
  machine: Definition,
  type: WorkflowType,
  name: string,
): [StateMachine, ExecutionIdentity] {
  const { identity, roleArn, loggingConfiguration, machineUpdatedAtMs, revisionId } = parent.options;
  const stateMachineName = `${identity.stateMachineName}/${label}`;
  const stateMachineArn = `${identity.stateMachineArn}/${label}`;
  return [
    {
      stateMachineArn,
      name: stateMachineName,
      definition: machine,
      definitionText: JSON.stringify(machine),
      roleArn,
      type,
      loggingConfiguration,
      createdAtMs: machineUpdatedAtMs,
      updatedAtMs: machineUpdatedAtMs,
      revisionId,
    },
    {
      executionArn:
        type === 'EXPRESS'
          ? `${stateMachineArn.replace(':stateMachine:', ':express:')}:${name}:${name}`
          : `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
      executionName: name,
      stateMachineArn,
      stateMachineName,
      redriveCount: 0,
      mapRunArn,
    },
  ];
}
