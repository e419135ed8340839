import type { Timers } from '@stepcast/kit';

/** A stack of CloudFormation, while it is there and for 90 days after. */
export interface DeployedStack {
  /** ARN: a name stands for another stack once this one is deleted. */
  readonly id: string;
  readonly name: string;
  /** For example `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface StackResource {
  readonly logicalId: string;
  /** For example `AWS::IoT::Policy`. */
  readonly type: string;
  /** For example `DELETE_COMPLETE`. */
  readonly status: string;
  /** AWS's words for a failure. */
  readonly reason: string | undefined;
}

export interface OperatorStacks {
  /** By name or ARN; `undefined`: there is none. */
  find(nameOrId: string): Promise<DeployedStack | undefined>;
  resources(id: string): Promise<readonly StackResource[]>;
  /** Asks for the deletion, which takes minutes. */
  delete(id: string): Promise<void>;
}

/** Who has an IoT policy. */
export interface PolicyTargets {
  /** Up to 250 targets. A policy that is not there has none. */
  page(
    policyName: string,
    marker: string | undefined,
  ): Promise<{ readonly targets: readonly string[]; readonly next: string | undefined }>;
  detach(policyName: string, target: string): Promise<void>;
}

/** What taking a deployment down works with. */
export interface Lifecycle {
  readonly stacks: OperatorStacks;
  readonly targets: PolicyTargets;
  /** Timers that keep the process alive: for minutes nothing else may do so. */
  readonly timers: Timers;
}
