/**
 * Names that infrastructure writes and services read. Each exists once, here.
 */

/** Environment variables of the services. AWS's own (`AWS_REGION`, `AWS_ENDPOINT_URL*`, credentials) keep their names. */
export const ENV = {
  logLevel: 'STEPCAST_LOG_LEVEL',
  /** First levels of every topic. */
  topicNamespace: 'STEPCAST_TOPIC_NAMESPACE',
  /** Where the identity ID stands in an object key. */
  keyTemplate: 'STEPCAST_KEY_TEMPLATE',
  bucket: 'STEPCAST_BUCKET',
  /** State machine that managed mode starts. */
  stateMachineArn: 'STEPCAST_STATE_MACHINE_ARN',
  /** `managed`: Stepcast starts the execution; `observed`: somebody else does. */
  startMode: 'STEPCAST_START_MODE',
  /** Queue of S3’s events of new objects. */
  uploadsQueueUrl: 'STEPCAST_UPLOADS_QUEUE_URL',
  /** Queue of EventBridge’s events of executions that start or end. */
  statusQueueUrl: 'STEPCAST_STATUS_QUEUE_URL',
  /** FIFO queue of log records, from forwarder to correlator. */
  eventsQueueUrl: 'STEPCAST_EVENTS_QUEUE_URL',
  /** FIFO queue of progress, from correlator to publisher. */
  progressQueueUrl: 'STEPCAST_PROGRESS_QUEUE_URL',
  /** Queue of what a service gives up, with the reason. */
  deadLetterQueueUrl: 'STEPCAST_DEAD_LETTER_QUEUE_URL',
  /** DynamoDB table of streams and executions. */
  journalTable: 'STEPCAST_JOURNAL_TABLE',
  mqttUrl: 'STEPCAST_MQTT_URL',
  /** User name at the broker. */
  mqttUsername: 'STEPCAST_MQTT_USERNAME',
  /** Password at the broker. */
  mqttPassword: 'STEPCAST_MQTT_PASSWORD',
  /** Cognito identity pool whose identities upload. */
  identityPoolId: 'STEPCAST_IDENTITY_POOL_ID',
  /** Cognito user pool that signs the ID tokens. */
  userPoolId: 'STEPCAST_USER_POOL_ID',
  /** Client of the user pool for which ID tokens are issued. */
  userPoolClientId: 'STEPCAST_USER_POOL_CLIENT_ID',
  /** Where the keys of the user pool are; without it, at Cognito’s address. */
  jwksUrl: 'STEPCAST_JWKS_URL',
  /** IoT policy that is attached to each identity. */
  iotPolicyName: 'STEPCAST_IOT_POLICY_NAME',
  /** AWS account of the identity pool and the IoT policy. */
  accountId: 'STEPCAST_ACCOUNT_ID',
  /** Origins that browsers may call from, comma-separated; `*` for any. */
  allowedOrigins: 'STEPCAST_ALLOWED_ORIGINS',
  /** Whether the guest role lets guests upload; the provisioner tells them. */
  guestUploads: 'STEPCAST_GUEST_UPLOADS',
  /** State machines whose outline the provisioner tells people: names, types and edges of their states. */
  shownWorkflows: 'STEPCAST_SHOWN_WORKFLOWS',
  /** Queue of CloudTrail events of the identity pool, the provisioner's optional second way. */
  firstLoginsQueueUrl: 'STEPCAST_FIRST_LOGINS_QUEUE_URL',
  /** How often the provisioner compares attachments with identities. */
  reconcileMinutes: 'STEPCAST_RECONCILE_MINUTES',
  /** Event bus, by name or ARN, to which the feed for back offices goes; without it there is no feed. */
  feedEventBus: 'STEPCAST_FEED_EVENT_BUS',
  /** Where EventBridge is; without it, at its address in the region. */
  feedEndpoint: 'STEPCAST_FEED_ENDPOINT',
  /** What `POST /awslogs` asks for; without it the route takes nothing. */
  awslogsToken: 'STEPCAST_AWSLOGS_TOKEN',
  /** What a task's own report of its progress has to bring along; without it none is taken. */
  reportToken: 'STEPCAST_REPORT_TOKEN',
  /** What becomes of counters once a minute. */
  metrics: 'STEPCAST_METRICS',
  /** Name of the deployment in its metrics. */
  deployment: 'STEPCAST_DEPLOYMENT',
  /** Collector that takes OTLP over HTTP; without it nothing is traced. OpenTelemetry's own name. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  /** Share of uploads that are traced. */
  tracesShare: 'STEPCAST_TRACES_SHARE',
  host: 'HOST',
  port: 'PORT',
} as const;

/** Queues. The dead-letter queue takes `DeadLetter` messages of every service. */
export const QUEUE_NAMES = {
  uploads: 'stepcast-uploads',
  status: 'stepcast-status',
  events: 'stepcast-events.fifo',
  progress: 'stepcast-progress.fifo',
  deadLetters: 'stepcast-dead-letters',
} as const;

/** Queue of CloudTrail's records of first logins, where the provisioner takes that way as well. */
export const FIRST_LOGINS_QUEUE_NAME = 'stepcast-first-logins';

/**
 * Where SQS, EventBridge and Lambda put what they gave up themselves: raw messages without a reason, unlike those of the
 * dead-letter queue, which our services write. A FIFO queue can only give up to a FIFO queue.
 */
export const UNDELIVERED_QUEUE_NAMES = {
  standard: 'stepcast-undelivered',
  fifo: 'stepcast-undelivered.fifo',
} as const;

export const JOURNAL_TABLE_NAME = 'stepcast-journal';
export const IOT_POLICY_NAME = 'stepcast-identity';
export const AUTHENTICATED_ROLE_NAME = 'stepcast-authenticated';
export const GUEST_ROLE_NAME = 'stepcast-guest';

/** Functions of the provisioner, where it runs as functions. Their roles have the same names. */
export const PROVISIONER_FUNCTION_NAMES = {
  /** Answers requests by ID token, and what guests may do. */
  byToken: 'stepcast-provisioner-token',
  /** Compares attachments with identities on a schedule. */
  reconcile: 'stepcast-provisioner-reconcile',
  /** Takes CloudTrail's records from their queue. */
  firstLogins: 'stepcast-provisioner-logins',
} as const;
/** The provisioner's function behind the API that takes signed requests, and that API. */
export const SIGNED_PROVISIONER_NAME = 'stepcast-provisioner-signed';
/** EventBridge rules. */
export const RULE_NAMES = {
  uploads: 'stepcast-uploads',
  status: 'stepcast-status',
  firstLogins: 'stepcast-first-logins',
  callers: 'stepcast-callers',
  reconcile: 'stepcast-reconcile',
} as const;

/** What every name of a deployment without a stage begins with. */
export const NAME_PREFIX = 'stepcast';

/** The same as {@link READY_PATH}, for health checks that know one path only. */
export const HEALTH_PATH = '/healthz';
/** Path on which the forwarder takes `{ "awslogs": { "data": … } }` when it runs as a container. */
export const AWSLOGS_PATH = '/awslogs';
/** Header with the token of `POST /awslogs`. No web page of another origin can send it. */
export const TOKEN_HEADER = 'x-stepcast-token';
/**
 * How the name of a subscription filter ends that brings what tasks report. CloudWatch Logs says in each payload which filter
 * brought it. A payload by such a filter holds reports and nothing else, one by any other holds none.
 */
export const REPORTS_FILTER_SUFFIX = '-forwarder-reports';
/** What such a filter lets through: lines of JSON that say that they are reports. */
export const REPORTS_FILTER_PATTERN = '{ $.stepcast = "report" }';
/** Path on which every service says whether its process works; if not, it has to be started again. */
export const LIVE_PATH = '/livez';
/** Path on which every service says whether it can do its work now, with what it needs of others. */
export const READY_PATH = '/readyz';
