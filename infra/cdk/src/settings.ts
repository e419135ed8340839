import { regionAndGuid } from '@stepcast/contracts';
import * as z from 'zod';

/** A fixed number, or bounds between which the queue decides. */
const Copies = z.union([
  z.int().min(0).max(100),
  z
    .strictObject({ min: z.int().min(0).max(100), max: z.int().min(1).max(100) })
    .refine(({ min, max }) => min <= max, 'min is above max'),
]);

const roleName = z.string().regex(/^[\w+=,.@-]{1,64}$/, 'is no name of a role');

/** The settings file of the app, JSON. Everything but the first three has a default; see `StepcastProps`. */
export const Settings = z
  .strictObject({
    /** The state machine to watch. It must log every event to the log group: `stepcast doctor` says what is missing. */
    stateMachineArn: z
      .string()
      .regex(
        /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]{1,80}$/,
        'is no ARN of a state machine',
      ),
    iotEndpoint: z
      .string()
      .regex(
        /^[a-z0-9]+-ats\.iot\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/,
        'is no -ats data endpoint of AWS IoT (aws iot describe-endpoint --endpoint-type iot:Data-ATS)',
      ),
    origins: z
      .array(
        z
          .string()
          .regex(/^(https?:\/\/[^/*]+|\*)$/, 'is no origin such as https://app.example.com, without a path'),
      )
      .min(1),
    /** What names of stack, roles and so on begin with is fixed; the stack's own name must begin so too. */
    stackName: z
      .string()
      .regex(/^stepcast[A-Za-z0-9-]{0,100}$/, 'must begin with "stepcast"')
      .default('stepcast'),
    /** `small`: one engine, and the provisioner as functions; `large`: correlator and publisher apart, scaled by their queues. */
    size: z.enum(['small', 'large']).default('small'),
    startMode: z.enum(['managed', 'observed']).default('observed'),
    logGroupName: z.string().min(1).exactOptional(),
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
    identityPool: z
      .strictObject({
        identityPoolId: z.string().regex(regionAndGuid, 'is no identity pool ID (region:guid)'),
        authenticatedRoleName: roleName,
        guestRoleName: roleName.exactOptional(),
      })
      .exactOptional(),
    /** Name of a bucket that exists. */
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket')
      .exactOptional(),
    keyTemplate: z.string().exactOptional(),
    topicNamespace: z.string().exactOptional(),
    guests: z.boolean().exactOptional(),
    guestUploads: z.boolean().exactOptional(),
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
    signedProvisioning: z.boolean().exactOptional(),
    /** In the size `large` only. */
    copies: z
      .strictObject({
        correlator: Copies.exactOptional(),
        publisher: Copies.exactOptional(),
        provisioner: z.int().min(0).max(100).exactOptional(),
      })
      .exactOptional(),
    architecture: z.enum(['arm64', 'x86_64']).exactOptional(),
    containerInsights: z.boolean().exactOptional(),
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
        vpcId: z.string().regex(/^vpc-[0-9a-f]+$/, 'is no ID of a VPC'),
        /** With a way out; at least one in each zone named. */
        subnetIds: z.array(z.string().regex(/^subnet-[0-9a-f]+$/, 'is no ID of a subnet')).min(1),
        availabilityZones: z.array(z.string()).min(1),
        /** Whether these are public subnets. */
        assignPublicIp: z.boolean().default(false),
      })
      .exactOptional(),
  })
  .refine(({ size, copies }) => size === 'large' || copies === undefined, {
    path: ['copies'],
    message: 'belongs to the size "large"; in "small" there is one engine',
  });
export type Settings = z.output<typeof Settings>;
