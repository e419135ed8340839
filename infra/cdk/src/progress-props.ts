import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { type BucketDenies, type KvsConfig } from '@stepcast/policies';
import { type InputPath } from '@stepcast/wire';
import { type Architecture, type Images, type Network, type WayOut } from './containers.ts';
import { type Collector, type LogLevel } from './environment.ts';
import { type ExistingIdentityPool, type LeftIdentityPool, type UserPoolRef } from './identities.ts';
import { type ReportsProps } from './reports.ts';
import { type Size } from './size.ts';
import { type AllCopies } from './sizes.ts';
import { type WatchSettings } from './watch/watch.ts';
import { type Workflow } from './workflow.ts';

/** Properties of `StepcastProgress`. Three have no default: `workflows`, `iotEndpoint` and `origins`. */
export interface StepcastProgressProps extends WatchSettings {
  /**
   * A word such as `dev`, 1 to 12 lower-case letters and digits, in every name: several stages fit into one account and region.
   * Default none.
   */
  readonly stage?: string;
  /** Default: a new table. One that exists has the keys and the expiry of the journal, as an earlier deployment leaves it. */
  readonly journal?: dynamodb.ITable;
  /**
   * Whether AWS refuses to delete journal and user pool by hand too. Switch it on once the first deployment has succeeded: with it, one
   * that fails cannot be rolled back. Default false.
   */
  readonly deletionProtection?: boolean;
  /** How long a version of a file stays once it is overwritten or deleted, in days. Default 30. */
  readonly noncurrentVersionDays?: number;
  /**
   * What the bucket policy denies: `full` (default), or `withoutIdentity`, which leaves out what rests on Cognito's condition key
   * in resource policies; the role policies alone then keep people apart.
   */
  readonly bucketDenies?: BucketDenies;
  /**
   * `small` (default): one engine on Fargate with a quarter of a processor. `large`: correlator and publisher apart, each scaled by
   * its queue. Forwarder and provisioner are functions in both.
   */
  readonly size?: Size;
  /**
   * The state machines to watch, each with its log group. One, where Stepcast starts it (`startMode: 'managed'`).
   * @example [{ stateMachine, logGroup: workflowLogGroup(this, 'Logs', 'PhotoPipeline') }]
   */
  readonly workflows: readonly [Workflow, ...Workflow[]];
  /**
   * Data endpoint of AWS IoT in this account and region: `aws iot describe-endpoint --endpoint-type iot:Data-ATS`.
   * @example 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com'
   */
  readonly iotEndpoint: string;
  /**
   * Origins of the web pages that upload and listen: scheme, host and port, without a path.
   * @example ['https://app.example.com']
   */
  readonly origins: readonly string[];
  /**
   * `managed`: Stepcast starts an execution for each upload, of a Standard state machine; `observed` (default): somebody else does, as has to be
   * for an Express one.
   */
  readonly startMode?: 'managed' | 'observed';
  /** Default: a new user pool. */
  readonly userPool?: UserPoolRef;
  /** Default: a new identity pool. One that exists keeps its roles, which are extended; one that an earlier deployment left gets new ones. */
  readonly identityPool?: ExistingIdentityPool | LeftIdentityPool;
  /**
   * Default: a new bucket. Of one that exists, CloudFormation can set neither CORS nor notifications: `stepcast doctor`
   * prints the commands.
   */
  readonly bucket?: s3.IBucket;
  /**
   * Where files of a person are: an object key up to the person's own part, with `{identityId}` in it. Default `users/{identityId}/`.
   * @example 'private/{identityId}/'
   */
  readonly keyTemplate?: string;
  /**
   * First levels of every topic, one to four. Default `stepcast/v1`, with a stage `stepcast-{stage}/v1`.
   * @example 'acme/progress'
   */
  readonly topicNamespace?: string;
  /** Whether people may come in without signing in. Default false. */
  readonly guests?: boolean;
  /** Whether guests may upload; see `PolicyConfig.guestUploads` for what that costs. Default false. */
  readonly guestUploads?: boolean;
  /**
   * Whether every person who may come in may see the outlines of the workflows: names and types of their states, and where each leads. Pages
   * draw them. Default false: a graph then shows what has been seen.
   */
  readonly showWorkflows?: boolean;
  /**
   * Kinesis Video Streams signaling, with the user pool groups of the roles for speakers and listeners (default `speakers` and
   * `listeners`). Roles of a new identity pool are made, and their names end in the region; those of one that exists are extended.
   * Default: none.
   * @example { channelPattern: 'session-*', speakerRoleName: 'stepcast-speaker', speakers: 'staff' }
   */
  readonly kvs?: KvsConfig & { readonly speakers?: string; readonly listeners?: string };
  /** Whether the provisioner takes CloudTrail's records of logins too; a trail must log them. Default false. */
  readonly firstLogins?: boolean;
  /**
   * Whether CloudTrail's records of writes below the key template's prefix count as proofs of who uploaded; a trail must log data
   * events of these objects. Only successful writes count. Default false: the key proves the owner where IAM pins the prefix.
   */
  readonly cloudTrailProof?: boolean;
  /**
   * Whether people may be provisioned by a request signed with their pool credentials too, at an API of its own with IAM
   * authorization. Default false.
   */
  readonly signedProvisioning?: boolean;
  /** Default: a VPC of its own. */
  readonly network?: Network;
  /**
   * How containers in a VPC of its own reach AWS. `publicAddress` (default): each has a public IPv4 address ($3.65 a month) and lets
   * nobody in; without an address, containers on Fargate need another way out, and any other costs more. `natGateway`: no public
   * addresses, and one NAT gateway (about $33 a month, and by the GB).
   */
  readonly wayOut?: WayOut;
  /**
   * Zones of the VPC that is made, for example `us-east-1b`. Default the first two of the region. Each has to offer Fargate, which a few
   * do not.
   */
  readonly zones?: readonly [string, string, ...string[]];
  /** Of all containers. Default `arm64`; building its image on another machine takes Docker's emulation. */
  readonly architecture?: Architecture;
  /** Whether CloudWatch collects metrics of each container, charged as one's own metrics are. Default false. */
  readonly containerInsights?: boolean;
  /** Default: one image of the bundled services, built at deployment. */
  readonly images?: Images;
  /**
   * How many of each run in the size `large`: a number, or bounds between which the queue decides. Default 2 to 6 correlators and
   * 2 to 4 publishers.
   * @example { correlator: { min: 2, max: 10 }, publisher: 3 }
   */
  readonly copies?: Partial<AllCopies>;
  /** How often attachments are compared with identities, in minutes. Default 60; 0: never. */
  readonly reconcileMinutes?: number;
  /** What may leave of inputs and outputs: JSON, as `STEPCAST_PROJECTIONS` takes it. Default nothing. */
  readonly projections?: string;
  /**
   * Tasks that may report their own progress, by the log groups that they print to. Default none. Switch it on after an upgrade to the first
   * version that knows reports has gone through, not with it.
   * @example { from: [{ logGroup: resizeLogs, function: resize }] }
   */
  readonly reports?: ReportsProps;
  /**
   * Where inputs of executions name their object, for a workflow whose input has a form of its own, in observed mode. Name only places
   * that uploaders cannot fill: the key there decides whose the execution is.
   * @example { inputPaths: [{ bucket: 'document.input_bucket', key: 'document.input_key' }] }
   */
  readonly ownership?: { readonly inputPaths?: readonly InputPath[] };
  /**
   * Receives the feed for back offices: who uploaded what, and which execution began and ended. One that exists, in the region of the
   * deployment; in another account its policy must let this one put events. Default none: there is no feed.
   */
  readonly feedEventBus?: events.IEventBus;
  /**
   * Where containers send traces, from the S3 event to the MQTT message, and their metrics as well: OTLP over HTTP.
   * Default none: there are no traces.
   * @example { endpoint: 'http://collector.internal:4318', tracesShare: 0.1 }
   */
  readonly collector?: Collector;
  /** Receives every alarm. Default none: alarms only show their state. */
  readonly alarmTopic?: sns.ITopic;
  /** Retained messages a second that AWS IoT takes of the account. Default 500, the quota of large regions. */
  readonly retainedPerSecond?: number;
  /** The least severe of what services and functions log. Default `info`. */
  readonly logLevel?: LogLevel;
  /** How long logs of services, functions and APIs stay: a number of days that CloudWatch Logs takes. Default 30. */
  readonly logRetentionDays?: number;
  /** How long items of the journal live, in days, from 14: a failed execution can be redriven for so long. Default 30. */
  readonly retentionDays?: number;
}
