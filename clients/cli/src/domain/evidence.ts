import type { JudgedInput } from './inputs/judge-inputs.ts';

/**
 * What the doctor knows of a deployment: snapshots of what AWS answered, without anything secret in them. A snapshot is
 * `known`, or `unavailable` with the reason in one line; a link whose evidence is unavailable could not be checked, it
 * never fails for that.
 */
export type Evidence<T> =
  { readonly state: 'known'; readonly value: T } | { readonly state: 'unavailable'; readonly reason: string };

export const known = <T>(value: T): Evidence<T> => ({ state: 'known', value });
export const unavailable = (reason: string): Evidence<never> => ({ state: 'unavailable', reason });

/** For what nobody asked about. */
export const notLookedUp = unavailable('it was not looked up');

/** A thing that was looked up by name: it is there, or AWS says that it is not. */
export type Lookup<T> = { readonly found: true; readonly value: T } | { readonly found: false };

/** A stack of CloudFormation. */
export interface Stack {
  /** For example `CREATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface IdentityPool {
  readonly id: string;
  readonly name: string;
  readonly allowsGuests: boolean;
  /** The basic flow, in which clients choose the role themselves and guests are not scoped down. */
  readonly allowsClassicFlow: boolean;
  readonly providers: readonly { readonly providerName: string; readonly clientId: string }[];
}

export interface PoolName {
  readonly id: string;
  readonly name: string;
}

/** The one role document of an identity pool. */
export interface PoolRoles {
  readonly authenticated: string | undefined;
  readonly unauthenticated: string | undefined;
  /** ARNs of roles that mappings name, with the key of the mapping (`provider:client`). */
  readonly mapped: readonly { readonly provider: string; readonly roleArn: string }[];
  /** The mappings as AWS gave them, to be written back unchanged. */
  readonly mappings: unknown;
}

export interface NamedDocument {
  readonly name: string;
  /** ARN of a managed policy; absent for an inline one. */
  readonly arn?: string;
  readonly document: unknown;
}

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: unknown;
  readonly policies: readonly NamedDocument[];
  readonly boundaryArn: string | undefined;
}

export interface UserPoolClient {
  readonly id: string;
  /** A client with a secret cannot be used by a browser. The secret itself is never read. */
  readonly hasSecret: boolean;
}

export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
  readonly id: string | undefined;
}

export interface BucketEvents {
  readonly eventBridge: boolean;
  readonly queueArns: readonly string[];
}

export interface StateMachine {
  readonly arn: string;
  readonly type: string;
  readonly roleArn: string;
  readonly logLevel: string;
  readonly includesExecutionData: boolean;
  /** As configured, with `:*` at the end where it is right. */
  readonly logGroupArns: readonly string[];
}

export interface LogGroup {
  readonly name: string;
  /** `STANDARD`, `INFREQUENT_ACCESS` or what AWS invents next. */
  readonly logClass: string;
}

export interface SubscriptionFilter {
  readonly name: string;
  readonly pattern: string;
  readonly destinationArn: string;
}

export interface Queue {
  readonly arn: string;
  readonly fifo: boolean;
  readonly messages: number;
  readonly policy: unknown;
  readonly redrive: { readonly targetArn: string; readonly maxReceiveCount: number } | undefined;
}

export interface Caller {
  readonly accountId: string;
  readonly arn: string;
}

/** What AWS's own evaluation says of one action of an identity. */
export interface IotVerdict {
  readonly action: string;
  readonly resource: string;
  readonly decision: string;
}

/** One profile of the AWS configuration file, as far as sign-in with IAM Identity Center goes. */
export interface SsoProfile {
  readonly name: string;
  /** Absent when the profile does not sign in with IAM Identity Center. */
  readonly session: SsoSession | undefined;
  /** The name in `sso_session`, when it names a section that is not there. */
  readonly missingSession: string | undefined;
  readonly accountId: string | undefined;
  readonly roleName: string | undefined;
  readonly region: string | undefined;
}

export interface SsoSession {
  /** Name of the `sso-session` section; absent in the older form of profiles. */
  readonly name: string | undefined;
  readonly startUrl: string | undefined;
  readonly region: string | undefined;
}

/** The cached sign-in, without its token. */
export interface SsoLogin {
  readonly startUrl: string;
  readonly expiresAtMs: number;
}

export interface SsoAccount {
  readonly id: string;
  readonly name: string;
}

/** How `GetRoleCredentials` answered; the credentials are thrown away. */
export type SsoCredentials =
  | { readonly granted: true }
  | { readonly granted: false; readonly errorName: string; readonly message: string };

export interface SsoEvidence {
  readonly profiles: Evidence<readonly string[]>;
  readonly profile: Evidence<Lookup<SsoProfile>>;
  /** The cached sign-in of the profile's session; not found when nobody signed in. */
  readonly login: Evidence<Lookup<SsoLogin>>;
  readonly otherLogins: Evidence<readonly SsoLogin[]>;
  readonly accounts: Evidence<readonly SsoAccount[]>;
  readonly roleNames: Evidence<readonly string[]>;
  readonly credentials: Evidence<SsoCredentials>;
}

/** A file of settings of an application: `.env` or JSON. Values under secret-looking names are not stored. */
export interface SettingsFile {
  readonly path: string;
  readonly entries: Evidence<readonly Setting[]>;
}

export interface Setting {
  readonly name: string;
  /** Empty when the value was withheld. */
  readonly value: string;
  readonly withheld: boolean;
  /** Counted from 1; absent in JSON. */
  readonly line: number | undefined;
}

export interface TemplateFile {
  readonly path: string;
  readonly document: Evidence<unknown>;
}

/** Two listings with the credentials of an identity: of its own prefix, and of another's. Nothing is written. */
export interface PrefixProbe {
  readonly ownPrefix: string;
  readonly own: 'allowed' | 'denied';
  readonly foreignPrefix: string;
  readonly foreign: 'allowed' | 'denied';
  /** AWS's words for a refusal of the own prefix, if there was one. */
  readonly message: string | undefined;
}

/** Inputs of the newest executions, judged; what they say is not stored. */
export interface RecentInputs {
  readonly judged: readonly JudgedInput[];
  /** Executions whose input AWS does not give. */
  readonly withoutInput: number;
}

/** Everything that the links check. */
export interface Chain {
  readonly caller: Evidence<Caller>;
  readonly identityPool: Evidence<Lookup<IdentityPool>>;
  /** Whether the configured pool ID is the ID of an identity. */
  readonly poolIdIsIdentity: Evidence<boolean>;
  readonly identityPools: Evidence<readonly PoolName[]>;
  readonly poolRoles: Evidence<PoolRoles>;
  /** By ARN: every role that the pool names, and the state machine's. */
  readonly roles: ReadonlyMap<string, Evidence<Lookup<Role>>>;
  readonly userPool: Evidence<Lookup<{ readonly id: string }>>;
  readonly userPoolClient: Evidence<Lookup<UserPoolClient>>;
  readonly iotPolicy: Evidence<Lookup<NamedDocument>>;
  /** Names of the policies attached to the identity. */
  readonly attachedPolicies: Evidence<readonly string[]>;
  readonly iotVerdicts: Evidence<readonly IotVerdict[]>;
  readonly iotEndpoint: Evidence<string>;
  readonly bucketPolicy: Evidence<Lookup<unknown>>;
  readonly bucketCors: Evidence<readonly CorsRule[]>;
  readonly bucketEvents: Evidence<BucketEvents>;
  /** Some names that stand in the place of the identity in object keys. */
  readonly prefixLevels: Evidence<readonly string[]>;
  readonly prefixProbe: Evidence<PrefixProbe>;
  readonly stateMachine: Evidence<Lookup<StateMachine>>;
  readonly recentInputs: Evidence<RecentInputs>;
  readonly logGroup: Evidence<Lookup<LogGroup>>;
  readonly logResourcePolicies: Evidence<readonly NamedDocument[]>;
  readonly subscriptionFilters: Evidence<readonly SubscriptionFilter[]>;
  /** By name. */
  readonly queues: ReadonlyMap<string, Evidence<Lookup<Queue>>>;
  readonly sso: SsoEvidence;
  readonly stack: Evidence<Lookup<Stack>>;
  readonly settingsFiles: readonly SettingsFile[];
  readonly templates: readonly TemplateFile[];
}
