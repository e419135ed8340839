import {
  DEFAULT_KEY_TEMPLATE,
  IdentityId,
  keyTemplate,
  KeyTemplateError,
  partitionOf,
  regionShape,
  TopicNamespaceError,
  topicSpace,
  type KeyTemplate,
  type TopicSpace,
} from '@stepcast/contracts';
import { deploymentNames, isStage, type DeploymentNames, type QUEUE_NAMES } from '@stepcast/wire';
import { PolicyConfigError } from '../errors.ts';

/** What the bucket policy denies, see `PolicyConfig.bucketDenies`. */
export type BucketDenies = 'full' | 'withoutIdentity';

/** What the documents are made of. Names have the defaults of the contracts. */
export interface PolicyConfig {
  /** A word such as `dev`, in every name. Default none. */
  readonly stage?: string;
  /**
   * Whether the names of roles end in the region. Roles are one for all regions of an account, so where two regions have a
   * deployment they have to. Default false.
   */
  readonly regionalRoles?: boolean;
  /**
   * What the bucket policy denies. `full`: whatever is not below the caller's own prefix, which rests on Cognito's condition key
   * being there for resource policies. `withoutIdentity`: only what does not rest on it: guests, and requests without TLS; the role
   * policies alone then keep people apart. Default `full`.
   */
  readonly bucketDenies?: BucketDenies;
  /** `aws`, `aws-cn`, `aws-us-gov` …; default that of the region. */
  readonly partition?: string;
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
  readonly bucket: string;
  /** Default `users/{identityId}/`. */
  readonly keyTemplate?: string;
  /** Default `stepcast/v1`, with a stage `stepcast-{stage}/v1`. */
  readonly topicNamespace?: string;
  readonly identityPoolId: string;
  readonly authenticatedRoleName?: string;
  readonly guestRoleName?: string;
  readonly iotPolicyName?: string;
  /**
   * Whether guests may upload below their own prefix. Default false: no resource policy can pin a guest to its
   * identity (the Cognito keys are shown to resource policies for authenticated users only), so for guests the role
   * policy is the only layer.
   */
  readonly guestUploads?: boolean;
  /** Kinesis Video Streams signaling, if the product has it. */
  readonly kvs?: KvsConfig;
  /** The API that takes signed requests to be provisioned, if there is one: every signed-in person may call its one route. */
  readonly signedApi?: SignedApiConfig;
  readonly services?: ServiceConfig;
}

export interface SignedApiConfig {
  /** Of API Gateway, for example `a1b2c3d4e5`. */
  readonly apiId: string;
  /** Of a stage with a name; `$default` is none. */
  readonly stageName: string;
}

export interface KvsConfig {
  /** Which channels, as a policy pattern without the creation time, for example `session-*`. */
  readonly channelPattern: string;
  /**
   * What the authenticated role itself may do: `listener` (viewer), `speaker` (viewer and master), or `none` when only
   * the roles below are for it. A new master displaces the one that is connected, so `speaker` here lets every
   * signed-in user take a session over. Default `listener`.
   */
  readonly authenticated?: 'none' | 'listener' | 'speaker';
  /** Role of role mappings for speakers, without the region where roles are regional and made: everything an authenticated identity may do, and master. */
  readonly speakerRoleName?: string;
  /** Role of role mappings for listeners: everything an authenticated identity may do, and viewer. */
  readonly listenerRoleName?: string;
}

export interface ServiceConfig {
  /** Names of the state machines that are observed or started. */
  readonly stateMachineNames: readonly string[];
  /** `managed`: the correlator starts executions; `observed`: somebody else does. Default `managed`. */
  readonly startMode?: 'managed' | 'observed';
  readonly queueNames?: Readonly<Record<keyof typeof QUEUE_NAMES, string>>;
  readonly journalTableName?: string;
  /** Name or ARN of the event bus of the feed for back offices. Default `''`: there is no feed, and no right to one. */
  readonly feedEventBus?: string;
  /** Client ids of the publisher are this, a hyphen and something. Default `stepcast-publisher`. */
  readonly publisherClientIdPrefix?: string;
  /** Name of the forwarder's function, for its log group. Default `stepcast-forwarder`. */
  readonly forwarderFunctionName?: string;
  /** Whether the provisioner writes the pool's role mappings (KVS) itself. Default false: infrastructure does. */
  readonly provisionerExtendsRoles?: boolean;
  /** Whether the provisioner takes CloudTrail's records of first logins from their queue as well. Default false. */
  readonly firstLogins?: boolean;
  /** Whether the provisioner may read the definitions of the state machines, to tell people their outlines. Default false. */
  readonly showWorkflows?: boolean;
}

/** The configuration with every default filled and every value checked. */
export interface ResolvedConfig {
  readonly names: DeploymentNames;
  readonly bucketDenies: BucketDenies;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly bucket: string;
  readonly keys: KeyTemplate;
  readonly topics: TopicSpace;
  readonly identityPoolId: string;
  readonly authenticatedRoleName: string;
  readonly guestRoleName: string;
  readonly iotPolicyName: string;
  readonly guestUploads: boolean;
  readonly kvs: (KvsConfig & { readonly authenticated: 'none' | 'listener' | 'speaker' }) | undefined;
  readonly signedApi: SignedApiConfig | undefined;
  readonly services: Required<ServiceConfig>;
}

/**
 * A value that enters an ARN pattern must not bring wildcards or variables along: `users*{identityId}/` or a bucket
 * named `*` would open what the documents close.
 */
const forms: readonly (readonly [string, RegExp, (config: ResolvedConfig) => readonly string[]])[] = [
  ['partition', /^aws(-[a-z]+)*$/, ({ partition }) => [partition]],
  ['region', regionShape, ({ region }) => [region]],
  ['accountId', /^\d{12}$/, ({ accountId }) => [accountId]],
  ['bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, ({ bucket }) => [bucket]],
  ['keyTemplate', /^[A-Za-z0-9!_.'()/{}-]+$/, ({ keys }) => [keys.template]],
  ['authenticatedRoleName', /^[\w+=,.@-]{1,64}$/, ({ authenticatedRoleName }) => [authenticatedRoleName]],
  ['guestRoleName', /^[\w+=,.@-]{1,64}$/, ({ guestRoleName }) => [guestRoleName]],
  ['iotPolicyName', /^[\w+=,.@-]{1,128}$/, ({ iotPolicyName }) => [iotPolicyName]],
  [
    'kvs role names',
    /^[\w+=,.@-]{1,64}$/,
    ({ kvs }) => [kvs?.speakerRoleName, kvs?.listenerRoleName].filter((name) => name !== undefined),
  ],
  [
    'kvs.channelPattern',
    /^[A-Za-z0-9_.*?-]{1,256}$/,
    ({ kvs }) => (kvs === undefined ? [] : [kvs.channelPattern]),
  ],
  [
    'signedApi.apiId',
    /^[a-z0-9]{1,64}$/,
    ({ signedApi }) => (signedApi === undefined ? [] : [signedApi.apiId]),
  ],
  [
    'signedApi.stageName',
    /^[A-Za-z0-9_-]{1,128}$/,
    ({ signedApi }) => (signedApi === undefined ? [] : [signedApi.stageName]),
  ],
  ['services.stateMachineNames', /^[A-Za-z0-9_-]{1,80}$/, ({ services }) => services.stateMachineNames],
  [
    'services.queueNames',
    /^[A-Za-z0-9_-]{1,75}(\.fifo)?$/,
    ({ services }) => Object.values(services.queueNames),
  ],
  ['services.journalTableName', /^[A-Za-z0-9_.-]{3,255}$/, ({ services }) => [services.journalTableName]],
  [
    'services.feedEventBus',
    /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[A-Za-z0-9_./-]{0,256}$/,
    ({ services }) => [services.feedEventBus],
  ],
  [
    'services.publisherClientIdPrefix',
    /^[A-Za-z0-9_-]{1,64}$/,
    ({ services }) => [services.publisherClientIdPrefix],
  ],
  [
    'services.forwarderFunctionName',
    /^[A-Za-z0-9_-]{1,64}$/,
    ({ services }) => [services.forwarderFunctionName],
  ],
];

/** @throws PolicyConfigError for the first value of which no safe document can be made */
export function resolveConfig(config: PolicyConfig): ResolvedConfig {
  if (config.stage !== undefined && !isStage(config.stage))
    throw new PolicyConfigError('stage', `${JSON.stringify(config.stage)} is no stage such as dev`);
  const names = deploymentNames({
    stage: config.stage,
    region: config.regionalRoles === true ? config.region : undefined,
  });
  // A pool that keeps its roles has them under the names that are given.
  const mappedRole = (name: string) =>
    config.authenticatedRoleName === undefined ? names.roleOf(name) : name;
  const services = config.services ?? { stateMachineNames: [] };
  const resolved: ResolvedConfig = {
    names,
    bucketDenies: config.bucketDenies ?? 'full',
    partition: config.partition ?? partitionOf(config.region),
    region: config.region,
    accountId: config.accountId,
    bucket: config.bucket,
    keys: readKeyTemplate(config.keyTemplate ?? DEFAULT_KEY_TEMPLATE),
    topics: readTopics(config.topicNamespace ?? names.topicNamespace),
    identityPoolId: config.identityPoolId,
    authenticatedRoleName: config.authenticatedRoleName ?? names.roles.authenticated,
    guestRoleName: config.guestRoleName ?? names.roles.guest,
    iotPolicyName: config.iotPolicyName ?? names.iotPolicy,
    guestUploads: config.guestUploads ?? false,
    kvs:
      config.kvs === undefined
        ? undefined
        : {
            ...config.kvs,
            authenticated: config.kvs.authenticated ?? 'listener',
            ...(config.kvs.speakerRoleName === undefined
              ? {}
              : { speakerRoleName: mappedRole(config.kvs.speakerRoleName) }),
            ...(config.kvs.listenerRoleName === undefined
              ? {}
              : { listenerRoleName: mappedRole(config.kvs.listenerRoleName) }),
          },
    signedApi: config.signedApi,
    services: {
      stateMachineNames: services.stateMachineNames,
      startMode: services.startMode ?? 'managed',
      queueNames: services.queueNames ?? names.queues,
      journalTableName: services.journalTableName ?? names.journalTable,
      feedEventBus: services.feedEventBus ?? '',
      publisherClientIdPrefix: services.publisherClientIdPrefix ?? 'stepcast-publisher',
      forwarderFunctionName: services.forwarderFunctionName ?? names.named('forwarder'),
      provisionerExtendsRoles: services.provisionerExtendsRoles ?? false,
      firstLogins: services.firstLogins ?? false,
      showWorkflows: services.showWorkflows ?? false,
    },
  };
  for (const [field, form, valuesOf] of forms) {
    const bad = valuesOf(resolved).find((value) => !form.test(value));
    if (bad !== undefined)
      throw new PolicyConfigError(field, `${JSON.stringify(bad)} does not match ${form.source}`);
  }
  // An identity pool ID has the shape of an identity ID.
  if (!IdentityId.safeParse(resolved.identityPoolId).success)
    throw new PolicyConfigError(
      'identityPoolId',
      `${JSON.stringify(resolved.identityPoolId)} is not "region:guid" (a user pool ID "region_name" is something else)`,
    );
  const roles = poolRoleNames(resolved);
  if (new Set(roles).size !== roles.length)
    throw new PolicyConfigError('role names', 'two roles have the same name; each needs its own');
  return resolved;
}

/** Every role that identities of the pool can be given. */
export function poolRoleNames({
  authenticatedRoleName,
  guestRoleName,
  kvs,
}: ResolvedConfig): readonly string[] {
  return [authenticatedRoleName, guestRoleName, kvs?.speakerRoleName, kvs?.listenerRoleName].filter(
    (name) => name !== undefined,
  );
}

function readKeyTemplate(template: string): KeyTemplate {
  try {
    return keyTemplate(template);
  } catch (cause) {
    if (!(cause instanceof KeyTemplateError)) throw cause;
    throw new PolicyConfigError('keyTemplate', cause.message, { cause });
  }
}

function readTopics(namespace: string): TopicSpace {
  try {
    return topicSpace(namespace);
  } catch (cause) {
    if (!(cause instanceof TopicNamespaceError)) throw cause;
    throw new PolicyConfigError('topicNamespace', cause.message, { cause });
  }
}
