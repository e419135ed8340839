import {
  KeyTemplateError,
  keyTemplate,
  partitionOf,
  regionOfId,
  regionOfIotEndpoint,
  TopicNamespaceError,
  topicSpace,
} from '@stepcast/contracts';
import { deploymentNames } from '@stepcast/wire';

/** What is wrong, and where in the settings. */
export interface Conflict {
  readonly path: readonly string[];
  readonly message: string;
}

/** The settings that are compared with one another; whatever is wrong by itself is absent. */
export interface Comparable {
  readonly stateMachineArn?: string | undefined;
  readonly iotEndpoint?: string | undefined;
  readonly stage?: string | undefined;
  readonly stackName?: string | undefined;
  readonly size?: 'small' | 'large' | undefined;
  readonly copies?: object | undefined;
  readonly startMode?: 'managed' | 'observed' | undefined;
  readonly ownership?: { readonly inputPaths?: readonly unknown[] | undefined } | undefined;
  readonly userPool?: { readonly userPoolId: string } | undefined;
  readonly identityPool?:
    | {
        readonly identityPoolId: string;
        readonly authenticatedRoleName?: string | undefined;
        readonly guestRoleName?: string | undefined;
        readonly newRoles?: true | undefined;
      }
    | undefined;
  readonly keyTemplate?: string | undefined;
  readonly topicNamespace?: string | undefined;
  readonly guests?: boolean | undefined;
  readonly guestUploads?: boolean | undefined;
  readonly kvs?:
    | {
        readonly speakerRoleName?: string | undefined;
        readonly listenerRoleName?: string | undefined;
        readonly speakers?: string | undefined;
        readonly listeners?: string | undefined;
      }
    | undefined;
  readonly alarmTopicArn?: string | undefined;
  readonly feedEventBus?: string | undefined;
  readonly bucket?: string | undefined;
  readonly noncurrentVersionDays?: number | undefined;
  readonly journalTable?: string | undefined;
  readonly deletionProtection?: boolean | undefined;
  readonly alarmEmail?: string | undefined;
  readonly wayOut?: string | undefined;
  readonly zones?: readonly string[] | undefined;
  readonly network?:
    { readonly subnetIds: readonly string[]; readonly availabilityZones: readonly string[] } | undefined;
}

type Check = (settings: Comparable) => readonly Conflict[];

const conflict = (path: string, message: string): readonly Conflict[] => [{ path: path.split('.'), message }];
/** Characters of a role's name (IAM quotas). */
const MAX_ROLE_NAME = 64;
const regionOfArn = (arn: string): string => arn.split(':')[3] ?? '';

/** Everything has to be where the state machine is: its region is where the stack goes. */
const regions: Check = (settings) => {
  const { stateMachineArn, iotEndpoint, userPool, identityPool, alarmTopicArn, feedEventBus } = settings;
  if (stateMachineArn === undefined) return [];
  const home = regionOfArn(stateMachineArn);
  const places: readonly (readonly [string, string | undefined])[] = [
    ['iotEndpoint', iotEndpoint === undefined ? undefined : regionOfIotEndpoint(iotEndpoint)],
    ['userPool.userPoolId', userPool === undefined ? undefined : regionOfId(userPool.userPoolId)],
    [
      'identityPool.identityPoolId',
      identityPool === undefined ? undefined : regionOfId(identityPool.identityPoolId),
    ],
    ['alarmTopicArn', alarmTopicArn === undefined ? undefined : regionOfArn(alarmTopicArn)],
    ['feedEventBus', feedEventBus?.startsWith('arn:') === true ? regionOfArn(feedEventBus) : undefined],
  ];
  return places.flatMap(([path, region]) =>
    region === undefined || region === home
      ? []
      : conflict(path, `is in ${region}, the state machine in ${home}; all have to be in one region`),
  );
};

/**
 * The policy documents name Cognito's principal and condition keys as they are in the partition `aws`; others have names of
 * their own, of which we have seen none at work.
 */
const partition: Check = ({ stateMachineArn, alarmTopicArn, feedEventBus }) => {
  if (stateMachineArn === undefined) return [];
  const home = partitionOf(regionOfArn(stateMachineArn));
  if (home !== 'aws')
    return conflict(
      'stateMachineArn',
      `is in the partition ${home}, where Cognito's principal has another name than in the policies of Stepcast; only the partition aws is supported`,
    );
  return Object.entries({ stateMachineArn, alarmTopicArn, feedEventBus }).flatMap(([path, arn]) => {
    const [start, named = ''] = arn?.split(':') ?? [];
    return start !== 'arn' || named === partitionOf(regionOfArn(arn ?? ''))
      ? []
      : conflict(
          path,
          `names the partition ${named}, but its region is one of ${partitionOf(regionOfArn(arn ?? ''))}`,
        );
  });
};

/** What is made is set up as the settings say; what is taken up is as it is. */
const takenUp: Check = (settings) => {
  const { bucket, noncurrentVersionDays, journalTable, userPool, deletionProtection } = settings;
  return [
    ...(bucket === undefined || noncurrentVersionDays === undefined
      ? []
      : conflict('noncurrentVersionDays', 'has no effect on a bucket that exists')),
    ...(deletionProtection !== true || journalTable === undefined || userPool === undefined
      ? []
      : conflict('deletionProtection', 'has no effect on a journal and a user pool that exist')),
  ];
};

const pools: Check = ({ userPool, identityPool }) => {
  if (identityPool === undefined) return [];
  const { authenticatedRoleName, guestRoleName, newRoles } = identityPool;
  return [
    ...(userPool === undefined
      ? conflict(
          'userPool',
          'is missing: an identity pool that exists takes tokens of its own user pool only',
        )
      : []),
    ...((authenticatedRoleName === undefined) === (newRoles === undefined)
      ? conflict(
          'identityPool',
          'needs one of authenticatedRoleName (the pool keeps its roles, which are extended) and newRoles (an earlier deployment left the pool)',
        )
      : []),
    ...(newRoles === true && guestRoleName !== undefined
      ? conflict('identityPool.guestRoleName', 'does not go with newRoles: a role for guests is made')
      : []),
  ];
};

const guests: Check = ({ guests: admitted = false, guestUploads = false, identityPool }) => {
  const keepsRoles = identityPool?.authenticatedRoleName !== undefined;
  return [
    ...(guestUploads && !admitted && identityPool?.guestRoleName === undefined
      ? conflict('guestUploads', 'has no effect without guests')
      : []),
    ...(admitted && keepsRoles
      ? conflict(
          'guests',
          'has no effect on an identity pool that exists; name its role in identityPool.guestRoleName',
        )
      : []),
  ];
};

const kvs: Check = ({ kvs: channels, identityPool, stage, stateMachineArn }) => {
  if (channels === undefined) return [];
  const { prefix } = deploymentNames({ stage });
  const keepsRoles = identityPool?.authenticatedRoleName !== undefined;
  return (
    [
      ['speakers', 'speakerRoleName'],
      ['listeners', 'listenerRoleName'],
    ] as const
  ).flatMap(([group, role]) => {
    const roleName = channels[role];
    if (roleName === undefined)
      return channels[group] === undefined
        ? []
        : conflict(`kvs.${group}`, `has no effect without kvs.${role}`);
    if (keepsRoles)
      return channels[group] === undefined
        ? []
        : conflict(
            `kvs.${group}`,
            'has no effect on an identity pool that exists: its own mappings say which group gets which role',
          );
    if (!roleName.startsWith(`${prefix}-`))
      return conflict(
        `kvs.${role}`,
        `must begin with "${prefix}-": the role is made, and rights cover that prefix`,
      );
    const most = MAX_ROLE_NAME - `-${regionOfArn(stateMachineArn ?? '')}`.length;
    return roleName.length <= most
      ? []
      : conflict(
          `kvs.${role}`,
          `is longer than ${most} characters: the name of the region is put at its end`,
        );
  });
};

const network: Check = ({ network: given, wayOut, zones, stateMachineArn }) => {
  const home = stateMachineArn === undefined ? undefined : regionOfArn(stateMachineArn);
  const elsewhere = (path: string, named: readonly string[]) =>
    home === undefined || named.every((zone) => zone.startsWith(home))
      ? []
      : conflict(path, `are not all in ${home}, where the state machine is`);
  if (given === undefined) return elsewhere('zones', zones ?? []);
  const { subnetIds, availabilityZones } = given;
  return [
    ...(wayOut === undefined ? [] : conflict('wayOut', 'has no effect in a VPC that exists')),
    ...(zones === undefined ? [] : conflict('zones', 'have no effect in a VPC that exists')),
    ...(subnetIds.length % availabilityZones.length === 0
      ? []
      : conflict(
          'network.subnetIds',
          `are ${subnetIds.length} in ${availabilityZones.length} zones; each zone needs as many as the others, in the order of the zones`,
        )),
    ...elsewhere('network.availabilityZones', availabilityZones),
  ];
};

const copies: Check = ({ size = 'small', copies: given }) =>
  given === undefined || size === 'large'
    ? []
    : conflict('copies', 'belongs to the size "large"; in "small" there is one engine');

const alarms: Check = ({ alarmEmail, alarmTopicArn }) =>
  alarmEmail === undefined || alarmTopicArn === undefined
    ? []
    : conflict('alarmEmail', 'has no effect beside alarmTopicArn: subscribe the address to that topic');

const stackName: Check = ({ stackName: name, stage }) => {
  const { prefix } = deploymentNames({ stage });
  return name === undefined || name === prefix || name.startsWith(`${prefix}-`) || stage === undefined
    ? []
    : conflict('stackName', `must begin with "${prefix}", as all names of the stage do`);
};

const ownership: Check = ({ startMode, ownership: given }) =>
  startMode === 'managed' && (given?.inputPaths ?? []).length > 0
    ? conflict(
        'ownership.inputPaths',
        'goes with startMode "observed": in managed mode Stepcast writes the inputs itself',
      )
    : [];

/** What says itself what is wrong with it. */
const patterns: Check = ({ keyTemplate: template, topicNamespace: namespace }) => [
  ...said('keyTemplate', () => template !== undefined && keyTemplate(template)),
  ...said('topicNamespace', () => namespace !== undefined && topicSpace(namespace)),
];

function said(path: string, read: () => unknown): readonly Conflict[] {
  try {
    read();
    return [];
  } catch (thrown) {
    if (thrown instanceof KeyTemplateError || thrown instanceof TopicNamespaceError)
      return conflict(path, thrown.message);
    throw thrown;
  }
}

const checks: readonly Check[] = [
  partition,
  regions,
  takenUp,
  pools,
  guests,
  kvs,
  network,
  copies,
  alarms,
  stackName,
  ownership,
  patterns,
];

/** Everything by which settings that are good by themselves do not go together. Needs no account. */
export function conflictsOf(settings: Comparable): readonly Conflict[] {
  return checks.flatMap((check) => check(settings));
}
