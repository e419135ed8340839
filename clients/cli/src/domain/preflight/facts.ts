import type { Settings } from '@stepcast/cdk/settings';
import type { DeploymentNames } from '@stepcast/wire';
import type { Quota, Zone } from '../../ports/account-limits.port.ts';
import type { BucketName } from '../../ports/account-names.port.ts';
import type {
  Caller,
  Evidence,
  IdentityPool,
  LogGroup,
  Lookup,
  NamedDocument,
  Role,
  StateMachine,
  SubscriptionFilter,
  UserPoolClient,
} from '../evidence.ts';
import type { Finding } from '../link.ts';

/** What is to be deployed, and where. */
export interface Plan {
  readonly settings: Settings;
  readonly names: DeploymentNames;
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  readonly logGroupName: string;
  readonly bucket: string;
}

/** A thing that a deployment makes or takes up: what it is, its name, and whether the account has it. */
export interface Named {
  readonly what: string;
  readonly name: string;
  /** The setting with which it is taken up, if one can. */
  readonly adoptedBy: string | undefined;
  readonly there: Evidence<Lookup<unknown>>;
}

/** A log group that tasks print their reports to. */
export interface ReportLogGroup {
  readonly group: Evidence<Lookup<LogGroup>>;
  readonly filters: Evidence<readonly SubscriptionFilter[]>;
}

/** Everything that is asked of the account before a deployment. */
export interface AccountFacts {
  readonly caller: Evidence<Caller>;
  readonly stack: Evidence<Lookup<string>>;
  readonly stateMachine: Evidence<Lookup<StateMachine>>;
  readonly logGroup: Evidence<Lookup<LogGroup>>;
  readonly subscriptionFilters: Evidence<readonly SubscriptionFilter[]>;
  /** Of tasks that may report their progress, by name. */
  readonly reportLogGroups: ReadonlyMap<string, ReportLogGroup>;
  readonly logResourcePolicies: Evidence<readonly NamedDocument[]>;
  readonly iotEndpoint: Evidence<string>;
  readonly vpcs: Evidence<Quota>;
  readonly concurrentFunctions: Evidence<number>;
  readonly zones: Evidence<readonly Zone[]>;
  readonly bucket: Evidence<BucketName>;
  readonly journalKeys: Evidence<Lookup<readonly string[]>>;
  /** What is made under names of its own: queues, roles, the IoT policy. */
  readonly made: readonly Named[];
  readonly userPoolClient: Evidence<Lookup<UserPoolClient>> | undefined;
  readonly identityPool: Evidence<Lookup<IdentityPool>> | undefined;
  /** Roles that the pool has already, by name. */
  readonly existingRoles: ReadonlyMap<string, Evidence<Lookup<Role>>>;
}

/** One question before a deployment. Pure. */
export interface PreflightCheck {
  /** Stable: `deploy.subject`. */
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** `undefined`: no part of this deployment. */
  check(plan: Plan, facts: AccountFacts): Finding | undefined;
}
