/** What an operator reads of a dead-letter code. The runbook has the same words; a test holds the two together. */
export interface LetterExplanation {
  /** Whose fault it is, as in the failure policy. */
  readonly kind: string;
  readonly what: string;
  readonly look: string;
  readonly mend: string;
}

/** In Markdown, as in `docs/operations/runbook.md`. */
export const LETTER_EXPLANATIONS: Readonly<Record<string, LetterExplanation>> = {
  CORRELATOR_BATCH_INVALID: {
    kind: 'poison',
    what: 'A message on the events queue is no batch of records, or not in the form this version writes.',
    look: '`reason` names the path and the problem; `original` is the message. Was a new forwarder deployed before the correlator?',
    mend: 'Deploy forwarder and engine from the same version. Then [send the message again](#send-a-dead-letter-again). If something else writes to the queue, remove its right to.',
  },
  CORRELATOR_CHECKPOINT_INVALID: {
    kind: 'poison',
    what: 'The checkpoint or cursor of a journal entry cannot be read, so the stream cannot be continued.',
    look: 'Find the entry in the journal under `stream#{identityId}#{uploadId}#{epoch}`. Was an older version started on a newer journal?',
    mend: 'Deploy the version that wrote the entry, or a newer one; then send the message again. A single damaged entry: the upload ends when its items expire; a new upload of the object begins a new epoch.',
  },
  CORRELATOR_OWNER_CONFLICT: {
    kind: 'poison',
    what: 'Two proofs of who owns an upload disagree: the key names one identity, the caller in CloudTrail is another. Nothing is published.',
    look: '`original` is the S3 event. Look the caller up in CloudTrail. Does IAM pin the prefix to the identity? `stepcast doctor --only s3.prefix,s3.bucketPolicy` checks.',
    mend: 'If somebody wrote into a foreign prefix: close the gap in the role or bucket policy. If a backend uploads on behalf of users, let it use a bucket or prefix that proves no owner. Do not send the message again.',
  },
  CORRELATOR_RETRIES_EXHAUSTED: {
    kind: 'unexpected',
    what: 'Processing failed 20 times, or in a way that never passes, with an error that has no section here: a bug.',
    look: '`reason` begins with the code of the error, if it has one; the [reference](../reference/errors.md) has them all. Search the logs for the execution ARN of the letter; every failure is logged with its stack.',
    mend: 'Fix the bug, deploy, send the message again.',
  },
  CORRELATOR_START_FAILED: {
    kind: 'poison',
    what: 'Step Functions refuses to start the execution whatever is tried: it does not take the input, or the name. A state machine that does not exist is an outage, and retried.',
    look: '`reason` has the name of the error. Is the event in `original` larger than 256 KiB?',
    mend: 'Correct what makes the event, then send the message again: the derived name prevents a double start.',
  },
  CORRELATOR_STATUS_INVALID: {
    kind: 'poison',
    what: 'A message on the status queue is no Step Functions status event.',
    look: '`reason` and `original`; check the target of the EventBridge rule.',
    mend: 'Correct the rule. The execution history replaces the lost status; nothing has to be sent again.',
  },
  CORRELATOR_STORED_ITEM_INVALID: {
    kind: 'poison',
    what: 'An item in the journal table does not have the form that this version reads.',
    look: 'The reason names the item. Was an older version started on a newer journal, or the table edited?',
    mend: 'Deploy the version that wrote it, then send the message again.',
  },
  CORRELATOR_STORE_FAILED: {
    kind: 'poison',
    what: 'DynamoDB calls a request about this message invalid, whatever is tried, or refused it 20 times for a reason that Stepcast does not know.',
    look: '`reason` has the operation and the name that DynamoDB gave. `ValidationException`: does the table have the keys `pk` and `sk`, as deployed? Did the item grow over 400 KB?',
    mend: 'Correct the table, or fix and deploy; then send the message again.',
  },
  CORRELATOR_UNOWNED: {
    kind: 'expected',
    what: 'Nobody was proven to own an execution within `STEPCAST_OWNERSHIP_TIMEOUT_MS` (15 minutes by default). Its records were parked until then.',
    look: '`executionArn` and `reason`. Did an upload start it at all? Do logs include execution data (`includeExecutionData`)? `stepcast doctor` checks both, and in observed mode how many of the newest inputs name their upload, and by which path (`workflow.inputs`). One letter now and then is normal where other callers start the same state machine.',
    mend: 'Turn execution data on, correct the key template, name the place of the object in `ownership.inputPaths` where inputs have a form of their own, or exclude executions that nobody uploaded for by a subscription filter of their own. To recover: send the letters again once the owner can be proven.',
  },
  CORRELATOR_UPLOAD_INVALID: {
    kind: 'poison',
    what: 'A message on the uploads queue is no S3 or CloudTrail event in a form that is known.',
    look: '`reason` and `original`; check who sends to the queue.',
    mend: 'Correct the notification. If AWS changed the form, open an issue with the letter (without names of users).',
  },
  CORRELATOR_UPLOAD_UNOWNED: {
    kind: 'expected',
    what: 'The key of an uploaded object names no identity: it lies outside the key template, or in a bucket that is not configured.',
    look: '`reason` says which. A bare GUID without a region is a user-pool `sub`, not an identity ID.',
    mend: 'Correct `STEPCAST_KEY_TEMPLATE`, `STEPCAST_BUCKET` or the client; then send the message again.',
  },
  FORWARDER_FAILED: {
    kind: 'unexpected',
    what: 'The forwarder failed with an error that has no section here: a bug.',
    look: '`reason`, and the logs of the forwarder at the time of the letter.',
    mend: 'Fix and deploy. The execution history fills the gap; for Express executions send the payload again to `/awslogs` or to the function.',
  },
  FORWARDER_NO_ROOM: {
    kind: 'answer',
    what: 'No dead letter: the answer 503 to a request at `/awslogs`, before its body is read. As much is in hand as may be, or the process stops. The sender has to send the payload again.',
    look: 'The counter `payloads_postponed_total` of the engine, or of a forwarder in a container, names the reason. `/readyz` names the part that is away.',
    mend: 'A burst that passes needs nothing. If it lasts, mend what `/readyz` names. All well? Then the engine does not keep up: run the apart form. Of a forwarder in a container run another one.',
  },
  FORWARDER_PAYLOAD_INVALID: {
    kind: 'poison',
    what: 'What arrived is no log subscription payload: not base64, not gzip, too large when unzipped, or not of that form.',
    look: '`reason`. Who invokes the function or posts to `/awslogs`?',
    mend: 'Remove the other caller. A payload of more than 16 MiB when it is unzipped is not taken; the execution history fills the gap, except for Express executions.',
  },
  FORWARDER_REQUEST_INVALID: {
    kind: 'answer',
    what: 'No dead letter: the answer 400 to a request at `/awslogs` whose body is not `{ "awslogs": { "data": … } }`.',
    look: 'Logs of whatever posts there.',
    mend: 'Correct the caller.',
  },
  FORWARDER_TOKEN_REFUSED: {
    kind: 'answer',
    what: 'No dead letter: the answer 403 to a request at `/awslogs` without the token in `x-stepcast-token`.',
    look: 'Is `STEPCAST_AWSLOGS_TOKEN` set for the service? Without it the route takes nothing.',
    mend: 'Give the service and its senders the same token. The deployed forwarder is invoked by CloudWatch Logs and needs none.',
  },
  FORWARDER_RECORD_INVALID: {
    kind: 'poison',
    what: 'One log event looks like a Step Functions record but is not valid. The others of its payload were forwarded.',
    look: '`reason` names the field, `original` is the event. A data protection policy on the log group masks values, for example.',
    mend: 'Remove the masking, or correct what writes to the log group. The missing id is read from history; nothing has to be sent again.',
  },
  PROVISIONER_INTERNAL: {
    kind: 'unexpected',
    what: 'A first login could not be handled: a bug.',
    look: '`reason`, and the logs of the provisioner at the time of the letter.',
    mend: 'Fix and deploy. The user is provisioned at the next sign-in, or by reconciliation.',
  },
  PROVISIONER_LOGIN_MALFORMED: {
    kind: 'poison',
    what: 'A CloudTrail record on the first-logins queue is not in a known form. The letter names the event, not its content.',
    look: 'Find the event ID in CloudTrail.',
    mend: 'Usually nothing: the user is provisioned by the page as well.',
  },
  PROVISIONER_POLICY_NOT_ATTACHABLE: {
    kind: 'poison',
    what: 'The IoT policy does not exist, or the identity has the most policies IoT allows (10).',
    look: '`aws iot get-policy --policy-name stepcast-identity`; `aws iot list-attached-policies --target IDENTITY_ID`.',
    mend: 'Deploy the policy, or detach what does not belong there.',
  },
  PUBLISHER_HANDOVER_INVALID: {
    kind: 'poison',
    what: 'A message on the progress queue is no handover, or not in the form this version reads.',
    look: '`reason`. Were correlator and publisher deployed from different versions?',
    mend: 'Deploy both from one version; then send the message again. The entry itself is safe in the journal.',
  },
  PUBLISHER_MESSAGE_TOO_LARGE: {
    kind: 'unexpected',
    what: "A message exceeds the broker's 128 KB although entries are cut by their bytes: a bug.",
    look: 'The stream and offsets in the letter.',
    mend: 'Fix and deploy. Clients find the entry by catch-up.',
  },
  PUBLISHER_PUBLISH_REFUSED: {
    kind: 'poison',
    what: 'The broker refused a message for good: a reason code in its PUBACK, or it closed the connection three times while the message was alone in flight.',
    look: 'The topic in the letter. May the role publish and retain there (`iot:Publish`, `iot:RetainPublish`)? Is the topic namespace the one of the policies?',
    mend: 'Correct role, policy or namespace, then replay the upload (`stepcast replay`). Clients get the events by catch-up meanwhile.',
  },
};
