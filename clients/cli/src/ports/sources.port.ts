import type {
  BucketEvents,
  Caller,
  CorsRule,
  Evidence,
  IdentityPool,
  IotVerdict,
  LogGroup,
  Lookup,
  NamedDocument,
  PrefixProbe,
  PoolName,
  PoolRoles,
  Queue,
  Role,
  SettingsFile,
  SsoEvidence,
  Stack,
  StateMachine,
  SubscriptionFilter,
  TemplateFile,
  UserPoolClient,
} from '../domain/evidence.ts';

/**
 * Where evidence comes from, one interface for each thing that can be asked. None of them throws: what could not be asked
 * is `unavailable` with a reason that holds no secret.
 */
export interface CallerSource {
  caller(): Promise<Evidence<Caller>>;
}

export interface IdentityPoolSource {
  pool(id: string): Promise<Evidence<Lookup<IdentityPool>>>;
  /** Whether an ID is that of an identity. */
  isIdentity(id: string): Promise<Evidence<boolean>>;
  pools(): Promise<Evidence<readonly PoolName[]>>;
  roles(poolId: string): Promise<Evidence<PoolRoles>>;
}

export interface UserPoolSource {
  userPool(id: string): Promise<Evidence<Lookup<{ readonly id: string }>>>;
  client(poolId: string, clientId: string): Promise<Evidence<Lookup<UserPoolClient>>>;
}

export interface RoleSource {
  role(arn: string): Promise<Evidence<Lookup<Role>>>;
}

export interface IotSource {
  policy(name: string): Promise<Evidence<Lookup<NamedDocument>>>;
  attachedPolicies(identityId: string): Promise<Evidence<readonly string[]>>;
  verdicts(
    who: { readonly identityId: string; readonly identityPoolId: string; readonly clientId: string },
    questions: readonly { readonly action: string; readonly resource: string }[],
  ): Promise<Evidence<readonly IotVerdict[]>>;
  dataEndpoint(): Promise<Evidence<string>>;
}

export interface BucketSource {
  policy(bucket: string): Promise<Evidence<Lookup<unknown>>>;
  cors(bucket: string): Promise<Evidence<readonly CorsRule[]>>;
  events(bucket: string): Promise<Evidence<BucketEvents>>;
  /** Up to 1,000 levels directly below a prefix that ends in `/`. */
  levelsBelow(bucket: string, prefix: string): Promise<Evidence<readonly string[]>>;
}

export interface ProbeSource {
  /** Lists two prefixes as the identity; nothing has to be below them. */
  probe(ownPrefix: string, foreignPrefix: string): Promise<Evidence<PrefixProbe>>;
}

export interface StateMachineSource {
  stateMachine(arn: string): Promise<Evidence<Lookup<StateMachine>>>;
  /** Inputs of the newest executions, as JSON text; undefined where AWS keeps one to itself. The newest first. */
  newestInputs(arn: string, count: number): Promise<Evidence<readonly (string | undefined)[]>>;
}

export interface LogSource {
  logGroup(name: string): Promise<Evidence<Lookup<LogGroup>>>;
  resourcePolicies(): Promise<Evidence<readonly NamedDocument[]>>;
  subscriptionFilters(logGroup: string): Promise<Evidence<readonly SubscriptionFilter[]>>;
}

export interface QueueSource {
  queue(name: string): Promise<Evidence<Lookup<Queue>>>;
}

export interface SsoSource {
  evidence(profile: string): Promise<SsoEvidence>;
}

export interface StackSource {
  stack(name: string): Promise<Evidence<Lookup<Stack>>>;
}

export interface FileSource {
  settings(path: string): Promise<SettingsFile>;
  template(path: string): Promise<TemplateFile>;
}

export interface Sources {
  readonly caller: CallerSource;
  readonly identityPools: IdentityPoolSource;
  readonly userPools: UserPoolSource;
  readonly roles: RoleSource;
  readonly iot: IotSource;
  readonly buckets: BucketSource;
  readonly probes: ProbeSource;
  readonly stateMachines: StateMachineSource;
  readonly logs: LogSource;
  readonly queues: QueueSource;
  readonly sso: SsoSource;
  readonly stacks: StackSource;
  readonly files: FileSource;
}
