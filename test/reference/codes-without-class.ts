interface Described {
  readonly again: 'yes' | 'no' | 'by cause';
  readonly meaning: string;
}

const no = (meaning: string): Described => ({ again: 'no', meaning });
const yes = (meaning: string): Described => ({ again: 'yes', meaning });

/** What each code means that no error class carries: those of dead letters, log lines and replies. */
export const CODES_WITHOUT_CLASS: ReadonlyMap<string, Described> = new Map([
  ['CORRELATOR_BATCH_INVALID', no('A message of the events queue is no batch of records.')],
  [
    'CORRELATOR_OWNER_CONFLICT',
    no('The evidence of who owns an upload contradicts itself, so no execution is started for it.'),
  ],
  [
    'CORRELATOR_RETRIES_EXHAUSTED',
    yes('A message failed as often as it may, or for good, with an error that no letter has the code of.'),
  ],
  ['CORRELATOR_STATUS_INVALID', no('A message of the status queue is no status event of Step Functions.')],
  ['CORRELATOR_UNOWNED', no('No proof of an owner arrived in time, or the proofs contradict one another.')],
  ['CORRELATOR_UPLOAD_INVALID', no('A message of the uploads queue is no upload event of S3.')],
  [
    'CORRELATOR_UPLOAD_UNOWNED',
    no('The key of an upload proves no owner, so no execution is started for it.'),
  ],
  ['FORWARDER_FAILED', yes('A payload could not be forwarded for a reason that has no code of its own.')],
  ['FORWARDER_NO_ROOM', yes('As much is in hand as may be, or the process stops; the payload was not read.')],
  [
    'FORWARDER_RECORD_INVALID',
    no('A log event of a payload is no record of an execution; the others are forwarded.'),
  ],
  ['FORWARDER_REQUEST_INVALID', no('The body of a request is not `{ "awslogs": { "data": … } }`.')],
  ['FORWARDER_TOKEN_REFUSED', no('A request at `/awslogs` lacks the token, or no token is configured.')],
  ['SANDBOX_HOST_REFUSED', no('The sandbox was asked under a name that it is not served under.')],
  ['SANDBOX_ORIGIN_REFUSED', no('A web page of an origin that is not allowed asked the sandbox.')],
  ['SANDBOX_TOKEN_REFUSED', no('A request at `/executions` or `/faults` of the sandbox lacks its token.')],
  [
    'SANDBOX_FAULTS_INVALID',
    no('What `PATCH /faults` of the sandbox was sent is no set of probabilities by name.'),
  ],
  [
    'OPERATOR_CALLER_REFUSED',
    no('A request of the operators’ page lacks its token, or no authorizer let it in.'),
  ],
  [
    'OPERATOR_FAULT',
    no('A request of the operators’ page failed for a reason that has no code of its own; the log has it.'),
  ],
  ['PROVISIONER_INTERNAL', yes('A request or a login failed for a reason that has no code of its own.')],
  ['PROVISIONER_LOGIN_MALFORMED', no('A message of the first-logins queue is no record of a login.')],
  ['PUBLISHER_HANDOVER_INVALID', no('A message of the progress queue is no handover.')],
]);
