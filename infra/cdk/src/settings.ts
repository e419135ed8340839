import { regionAndGuid, regionOfIotEndpoint } from '@stepcast/contracts';
import { createJmespathProjector, InputPaths, isStage, Projection, ProjectionError } from '@stepcast/wire';
import * as z from 'zod';
import { conflictsOf } from './settings-conflicts.ts';

/** A fixed number, or bounds between which the queue decides. */
const Copies = z.union([
  z.int().min(0).max(100),
  z
    .strictObject({ min: z.int().min(0).max(100), max: z.int().min(1).max(100) })
    .refine(({ min, max }) => min <= max, 'min is above max'),
]);

const logGroupName = z.string().regex(/^[A-Za-z0-9_./#-]{1,512}$/, 'is no name of a log group');

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket')
  .refine((name) => !/\.\.|\.-|-\.|^\d{1,3}(\.\d{1,3}){3}$/.test(name), 'is no name of a bucket');

const zone = z.string().regex(/^[a-z]{2,}-[a-z0-9-]{1,40}[a-z]$/, 'is no zone such as us-east-1a');

const roleName = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'is no name of a role');

/** Projections that can work, as `STEPCAST_PROJECTIONS` takes them. Its type names nothing of a package that is not published. */
const Projections: z.ZodType<string> = z.array(Projection).transform((projections, context) => {
  try {
    createJmespathProjector(projections);
  } catch (thrown) {
    if (!(thrown instanceof ProjectionError)) throw thrown;
    context.addIssue({ code: 'custom', message: thrown.message });
    return z.NEVER;
  }
  // A function takes 4 KB of variables, and the types of results are for people who write pages.
  return JSON.stringify(projections.map(({ schema: _schema, ...projection }) => projection));
});

/** The settings file of the app, JSON. Everything but the first three has a default; see `StepcastProgressProps`. */
export const SettingsShape = z.strictObject({
  /** The state machine to watch. It must log every event to the log group: `stepcast doctor` says what is missing. */
  stateMachineArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]{1,80}$/,
      'is no ARN of a state machine',
    ),
  iotEndpoint: z
    .string()
    .refine(
      (host) =>
        /^[a-z0-9]+[-.]ats\.iot\.[a-z0-9.-]{1,80}$/.test(host) && regionOfIotEndpoint(host) !== undefined,
      'is no -ats data endpoint of AWS IoT (aws iot describe-endpoint --endpoint-type iot:Data-ATS)',
    ),
  origins: z
    .array(
      z
        .string()
        .regex(/^(https?:\/\/[^/*]+|\*)$/, 'is no origin such as https://app.example.com, without a path'),
    )
    .min(1),
  /** A word in every name, so that several stages fit into one account and region. Default none. */
  stage: z
    .string()
    .refine(
      isStage,
      'is no stage: 1 to 12 lower-case letters and digits, and no word that the names of Stepcast begin with',
    )
    .exactOptional(),
  /** Must begin like all names: with "stepcast", or "stepcast-{stage}", which is the default. */
  stackName: z
    .string()
    .regex(/^stepcast[A-Za-z0-9-]{0,100}$/, 'must begin with "stepcast"')
    .exactOptional(),
  /** `small`: one engine; `large`: correlator and publisher apart, scaled by their queues. */
  size: z.enum(['small', 'large']).default('small'),
  startMode: z.enum(['managed', 'observed']).default('observed'),
  logGroupName: logGroupName.exactOptional(),
  /**
   * What the state machine logs, if not every event with execution data. Where the log does not say that an execution has
   * started, and whose it is, status events of starts are taken as well.
   */
  logging: z
    .strictObject({
      level: z.enum(['ALL', 'ERROR', 'FATAL', 'OFF']).default('ALL'),
      executionData: z.boolean().default(true),
    })
    .exactOptional(),
  userPool: z
    .strictObject({
      userPoolId: z.string().regex(/^[\w-]+_[0-9a-zA-Z]+$/, 'is no user pool ID (region_id)'),
      userPoolClientId: z.string().min(1),
    })
    .exactOptional(),
  /**
   * One that exists and keeps its roles, which are extended; or, with `newRoles`, one that an earlier deployment left, whose
   * roles are made anew and replace what it has.
   */
  identityPool: z
    .strictObject({
      identityPoolId: z.string().regex(regionAndGuid, 'is no identity pool ID (region:guid)'),
      authenticatedRoleName: roleName.exactOptional(),
      guestRoleName: roleName.exactOptional(),
      newRoles: z.literal(true, 'is true or absent').exactOptional(),
    })
    .exactOptional(),
  /** Name of a journal that an earlier deployment left. */
  journalTable: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{3,255}$/, 'is no name of a table')
    .exactOptional(),
  /** Whether AWS refuses to delete journal and user pool by hand. Not for a first deployment: it could not be rolled back. */
  deletionProtection: z.boolean().exactOptional(),
  /** How long a version stays once it is overwritten or deleted, in days. */
  noncurrentVersionDays: z.int().min(1).max(3_650).exactOptional(),
  /** `full`, or `withoutIdentity`: without the denies that rest on Cognito's condition key in bucket policies. */
  bucketDenies: z.enum(['full', 'withoutIdentity']).exactOptional(),
  /** Name of a bucket that exists. */
  bucket: bucketName.exactOptional(),
  keyTemplate: z.string().exactOptional(),
  topicNamespace: z.string().exactOptional(),
  guests: z.boolean().exactOptional(),
  guestUploads: z.boolean().exactOptional(),
  showWorkflows: z.boolean().exactOptional(),
  kvs: z
    .strictObject({
      channelPattern: z.string(),
      authenticated: z.enum(['none', 'listener', 'speaker']).exactOptional(),
      speakerRoleName: roleName.exactOptional(),
      listenerRoleName: roleName.exactOptional(),
      speakers: z.string().exactOptional(),
      listeners: z.string().exactOptional(),
    })
    .exactOptional(),
  firstLogins: z.boolean().exactOptional(),
  /** A trail must log data events of the uploads. */
  cloudTrailProof: z.boolean().exactOptional(),
  signedProvisioning: z.boolean().exactOptional(),
  /** In the size `large` only. */
  copies: z
    .strictObject({
      correlator: Copies.exactOptional(),
      publisher: Copies.exactOptional(),
    })
    .exactOptional(),
  architecture: z.enum(['arm64', 'x86_64']).exactOptional(),
  containerInsights: z.boolean().exactOptional(),
  /** Zones of a VPC that is made. Each has to offer Fargate. */
  zones: z
    .tuple([zone, zone], zone)
    .refine((zones) => new Set(zones).size === zones.length, 'names a zone twice')
    .exactOptional(),
  /** Of containers in a VPC that is made. */
  wayOut: z.enum(['publicAddress', 'natGateway']).exactOptional(),
  /** Of an SNS topic that receives every alarm. Its policy must let CloudWatch publish. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, 'is no ARN of an SNS topic')
    .exactOptional(),
  /** Name or ARN of an event bus that exists, in the region of the deployment. It receives the feed for back offices. */
  feedEventBus: z
    .string()
    .regex(
      /^(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/)?[A-Za-z0-9_./-]{1,256}$/,
      'is no name or ARN of an event bus',
    )
    .exactOptional(),
  /** Where traces and metrics go as OTLP over HTTP, and of which share of uploads there are traces. Default none. */
  collector: z
    .strictObject({
      endpoint: z.url({ protocol: /^https?$/, error: 'is no http: or https: address' }),
      tracesShare: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  /** Retained messages a second that AWS IoT takes of the account. Default by region: 500, or 50 in the smaller ones. */
  retainedPerSecond: z.int().min(1).max(100_000).exactOptional(),
  /** Gets every alarm by e-mail, once it has confirmed. */
  alarmEmail: z.email('is no e-mail address').exactOptional(),
  /** See `WatchSettings` for these four. */
  alarms: z.enum(['essential', 'all']).exactOptional(),
  dashboard: z.boolean().exactOptional(),
  metrics: z.enum(['off', 'essential', 'all']).exactOptional(),
  runbookUrl: z.url({ protocol: /^https?$/, error: 'is no http: or https: address' }).exactOptional(),
  /**
   * Tasks that may report their own progress: the log groups that they print to, which exist, and what a report has to bring along in
   * `STEPCAST_REPORT_TOKEN`. Default: no reports; of the token, the stack's GUID, which is the output `ReportToken`.
   */
  reports: z
    .strictObject({
      logGroupNames: z
        .array(logGroupName)
        .min(1)
        .max(100)
        .refine((names) => new Set(names).size === names.length, 'names a log group twice'),
      token: z
        .string()
        .regex(/^[\x21-\x7e]{16,256}$/, 'is not of 16 to 256 characters without spaces')
        .exactOptional(),
    })
    .exactOptional(),
  /** What may leave of inputs and outputs. */
  projections: Projections.exactOptional(),
  /**
   * Where inputs of executions name their object in a form of their own: in observed mode only. See `InputPath` for the three
   * ways to say it.
   */
  ownership: z.strictObject({ inputPaths: InputPaths.exactOptional() }).exactOptional(),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).exactOptional(),
  logRetentionDays: z
    .literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653])
    .exactOptional(),
  /** Of items of the journal. */
  retentionDays: z.int().min(14).max(3_650).exactOptional(),
  reconcileMinutes: z.int().min(0).max(10_080).exactOptional(),
  /** A VPC that exists; without it one is made. */
  network: z
    .strictObject({
      vpcId: z.string().regex(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is no ID of a VPC'),
      /** With a way out; at least one in each zone named. */
      subnetIds: z
        .array(z.string().regex(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'is no ID of a subnet'))
        .min(1),
      availabilityZones: z.array(zone).min(1),
      /** Whether these are public subnets. */
      assignPublicIp: z.boolean().default(false),
    })
    .exactOptional(),
});

/** The same, refused too where settings that are good by themselves do not go together. */
export const Settings = SettingsShape.superRefine((settings, context) => {
  for (const { path, message } of conflictsOf(settings))
    context.addIssue({ code: 'custom', path: [...path], message });
});
export type Settings = z.output<typeof Settings>;
