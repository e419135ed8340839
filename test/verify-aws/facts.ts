/** Names of the probes that a run makes; each decides one or more facts. */
export type ProbeName =
  | 'bucketKey'
  | 'setPoolRoles'
  | 'openIdToken'
  | 'attachUnknown'
  | 'connectWithoutPolicy'
  | 'refusedPublish'
  | 'oldSignature'
  | 'largePublish'
  | 'retainedTwice'
  | 'filterWithoutPermission'
  | 'oddKey'
  | 'expressUpload'
  | 'logsWithoutData'
  | 'logsTruncated'
  | 'expressChildren'
  | 'mapChildren';

/** Something that Stepcast takes for true and that no documentation says, or that nobody here has seen. */
export interface Fact {
  /** Area and what it is about; stays the same when the words change. */
  readonly id: string;
  /** What is taken for true. */
  readonly claim: string;
  /** What of Stepcast rests on it. */
  readonly restsOnIt: string;
  /** The probe, or why there is none. */
  readonly probe: ProbeName | { readonly notTried: string };
}

const notTried = (why: string) => ({ notTried: why });

/** Every fact that is not verified. The first is what the first probe tries: without it nobody can upload. */
export const FACTS: readonly Fact[] = [
  {
    id: 's3.cognito-key-in-bucket-policy',
    claim:
      'The key cognito-identity.amazonaws.com:sub is present when a bucket policy is evaluated for credentials of the pool.',
    restsOnIt:
      'The bucket policy denies the pool’s roles everything where the key is absent: uploads themselves.',
    probe: 'bucketKey',
  },
  {
    id: 'logs.max-payload',
    claim: 'A payload of a subscription stays below 16 MiB when it is unzipped.',
    restsOnIt: 'The forwarder’s bound on decoding.',
    probe: notTried('it takes hundreds of log events of 1 MiB within a second'),
  },
  {
    id: 'logs.lambda-permission-error',
    claim:
      'A filter to a function that CloudWatch Logs may not invoke is refused with "Could not execute the lambda function".',
    restsOnIt: 'The doctor’s explanation of a failed deployment.',
    probe: 'filterWithoutPermission',
  },
  {
    id: 'logs.event-id',
    claim: 'eventId of FilterLogEvents is the id of the same event in a subscription’s payload.',
    restsOnIt: 'Nothing; records are distinguished by execution, redrive and id.',
    probe: notTried('payloads are not stored anywhere'),
  },
  {
    id: 'logs.asynchronous-invocation',
    claim:
      'CloudWatch Logs invokes a function asynchronously, so that Lambda retries twice and then hands the payload on.',
    restsOnIt: 'The queue of undelivered payloads.',
    probe: notTried('it takes a function that fails, and the ten minutes of Lambda’s retries'),
  },
  {
    id: 'cognito.principal-tags-in-iot',
    claim: 'IoT policies do not know aws:PrincipalTag.',
    restsOnIt: 'Nothing; topics are pinned by the identity ID.',
    probe: notTried('no policy of Stepcast has a principal tag'),
  },
  {
    id: 'cognito.set-roles-replaces',
    claim: 'SetIdentityPoolRoles replaces the whole document: a role that is left out is gone.',
    restsOnIt: 'The provisioner’s administration command reads, merges, writes and compares.',
    probe: 'setPoolRoles',
  },
  {
    id: 'cognito.open-id-token',
    claim: 'GetOpenIdToken works where the classic flow is off.',
    restsOnIt: 'Nothing; the provisioner takes ID tokens of the user pool.',
    probe: 'openIdToken',
  },
  {
    id: 'cognito.role-call-quota',
    claim:
      'SetIdentityPoolRoles, GetIdentityPoolRoles and DescribeIdentity take at least five calls a second.',
    restsOnIt: 'The pace of the comparison.',
    probe: notTried('a test of quotas would take them from what else is in the account'),
  },
  {
    id: 'dynamodb.leading-keys-of-partiql',
    claim: 'dynamodb:LeadingKeys is present for statements of PartiQL.',
    restsOnIt: 'No policy of a service; operators write their audit items by PutItem.',
    probe: notTried('it takes a role with such a condition, which no service has'),
  },
  {
    id: 'iot.retain-and-the-intersection',
    claim:
      'The IoT policy of an identity does not limit RetainPublish and GetRetainedMessage; the role alone does.',
    restsOnIt: 'The role of the pool allows neither.',
    probe: notTried('it takes a role of the pool that allows what the IoT policy does not'),
  },
  {
    id: 'iot.connect-without-policy',
    claim:
      'Without the IoT policy the handshake is accepted, and CONNECT is answered 135 or the connection closes.',
    restsOnIt: 'The web client’s state notYetAuthorized, and its backoff.',
    probe: 'connectWithoutPolicy',
  },
  {
    id: 'iot.attach-unknown-identity',
    claim: 'AttachPolicy takes an identity that does not exist.',
    restsOnIt: 'The provisioner attaches only to identities that Cognito names.',
    probe: 'attachUnknown',
  },
  {
    id: 'iot.large-publish-by-http',
    claim: 'A message above 128 KB by HTTP is answered 413.',
    restsOnIt: 'Nothing; the publisher keeps below the limit.',
    probe: 'largePublish',
  },
  {
    id: 'iot.retained-throttle',
    claim: 'Of two retained messages within a second on one topic, the second is lost as a retained message.',
    restsOnIt: 'The publisher’s pace of retained states.',
    probe: 'retainedTwice',
  },
  {
    id: 'iot.refused-publish',
    claim: 'A publish that is refused is answered 135 in MQTT 5 with QoS 1, and the connection stays.',
    restsOnIt: 'The web client’s handling of a refused request.',
    probe: 'refusedPublish',
  },
  {
    id: 'iot.expiry-does-not-close',
    claim: 'A connection stays open when the credentials that signed it expire.',
    restsOnIt: 'The web client refreshes at a reconnect only.',
    probe: notTried('credentials of the pool last an hour'),
  },
  {
    id: 'iot.signature-age',
    claim: 'A signed URL is refused a few minutes after its date, whatever X-Amz-Expires says.',
    restsOnIt: 'Each attempt to connect is signed anew.',
    probe: 'oldSignature',
  },
  {
    id: 'kvs.resource-tag-condition',
    claim: 'A condition may compare aws:ResourceTag with the identity’s variable.',
    restsOnIt: 'Nothing that is deployed; an example for channels by owner.',
    probe: notTried('no policy of Stepcast has such a condition'),
  },
  {
    id: 'kvs.presigned-limit',
    claim: 'A presigned signaling URL may last longer than 299 seconds.',
    restsOnIt: 'Nothing that is deployed.',
    probe: notTried('Stepcast signs no such URL'),
  },
  {
    id: 'regions.gov-cloud-principal',
    claim:
      'In GovCloud the principal and the condition keys of identity pools are cognito-identity-us-gov.amazonaws.com.',
    restsOnIt: 'Trust policies there.',
    probe: notTried('it takes an account in GovCloud'),
  },
  {
    id: 's3.raw-key-in-events',
    claim: 'EventBridge’s event has the key raw, also with a space, "+" and letters beyond ASCII.',
    restsOnIt: 'The upload ID, which is computed from the key on both sides.',
    probe: 'oddKey',
  },
  {
    id: 's3.cloudtrail-identity',
    claim:
      'CloudTrail’s record of a PutObject has sessionContext.webIdFederationData for credentials of the pool.',
    restsOnIt: 'Nothing; the key’s prefix says whose an upload is.',
    probe: notTried('it takes a trail with data events, and 15 minutes'),
  },
  {
    id: 's3.cloudtrail-shape',
    claim: 'That record has the form of the fixture.',
    restsOnIt: 'Nothing.',
    probe: notTried('it takes a trail with data events, and 15 minutes'),
  },
  {
    id: 's3.transformer-without-value',
    claim:
      'A placeholder of an input transformer whose path matches nothing leaves the JSON around it well formed.',
    restsOnIt: 'Nothing; rules hand on whole events.',
    probe: notTried('no rule of Stepcast has a transformer'),
  },
  {
    id: 's3.execution-name-by-rule',
    claim: 'An execution that a rule starts is named by the event’s ID and a UUID.',
    restsOnIt: 'Nothing; the correlator reads the input.',
    probe: notTried('in this run Stepcast starts the executions'),
  },
  {
    id: 'sfn.map-run-arn-key',
    claim: 'Log records of children of a distributed Map have no key map_run_arn.',
    restsOnIt: 'The link from child to parent by DescribeExecution.',
    probe: 'mapChildren',
  },
  {
    id: 'sfn.excluded-without-data',
    claim: 'Without execution data a record has no parameters either.',
    restsOnIt: 'The forwarder requires none.',
    probe: 'logsWithoutData',
  },
  {
    id: 'sfn.levels-of-rare-types',
    claim:
      'ExecutionRedriven, MapRunStarted, MapRunSucceeded and EvaluationFailed are logged at level ALL only.',
    restsOnIt: 'What the doctor says of other levels.',
    probe: notTried('it takes a machine for each level and a redrive of each'),
  },
  {
    id: 'sfn.form-of-truncation',
    claim: 'An input above the limit is cut text, with inputDetails.truncated.',
    restsOnIt: 'The forwarder takes a missing input and one that does not parse alike.',
    probe: 'logsTruncated',
  },
  {
    id: 'sfn.express-child-arn',
    claim: 'Children of a distributed Map of kind Express have ARNs express:Machine/Label:name:uuid.',
    restsOnIt: 'The pattern of execution ARNs.',
    probe: 'expressChildren',
  },
  {
    id: 'sfn.express-arn',
    claim: 'Log records of an Express execution name it as express:Machine:name:uuid.',
    restsOnIt: 'The pattern of execution ARNs, and that no history is asked for such a one.',
    probe: 'expressUpload',
  },
  {
    id: 'sfn.express-ids',
    claim: 'At level ALL the log records of an Express execution have the ids 1, 2, 3… without a hole.',
    restsOnIt: 'A missing id is waited for ten seconds and then declared as a gap.',
    probe: 'expressUpload',
  },
  {
    id: 'sfn.express-from-logs',
    claim:
      'An Express execution, which has neither a history nor status events, is followed to its end by its log records alone.',
    restsOnIt: 'Progress of Express workflows.',
    probe: 'expressUpload',
  },
  {
    id: 'sfn.map-children-logs',
    claim: 'Children of a distributed Map log into the log group of the parent.',
    restsOnIt:
      'Progress of a distributed Map is read from DescribeMapRun; logs of children are counted only.',
    probe: 'mapChildren',
  },
  {
    id: 'sfn.map-children-status',
    claim: 'Children of a distributed Map have status events on EventBridge.',
    restsOnIt: 'Nothing; the correlator ignores executions that it does not know.',
    probe: notTried('the deployed rule leaves them out; it takes a rule and a queue of its own'),
  },
  {
    id: 'sso.passed-to-service',
    claim: 'iam:PassedToService is cognito-identity.amazonaws.com in SetIdentityPoolRoles.',
    restsOnIt: 'Nothing; the documents name the roles instead.',
    probe: notTried('no document of Stepcast has this condition'),
  },
];
