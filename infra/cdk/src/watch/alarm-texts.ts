/**
 * Every alarm, and what it means that it fires: one line, which the alarm's description begins with. Each has a heading of its
 * name in docs/operations/runbook.md, to which the description leads; a test holds the two together.
 */
export const ALARM_TEXTS = {
  'dead-letters': 'Stepcast gave messages up, each with a reason. Somebody’s progress is missing.',
  undelivered: 'SQS, EventBridge or Lambda gave messages up. Somebody’s progress is missing.',
  'undelivered-fifo': 'SQS gave ordered messages up. Somebody’s progress is missing.',
  'events-late':
    'Log events have waited for five minutes: what reads them does not keep up, or does not run.',
  'uploads-late':
    'Upload events have waited for five minutes: what reads them does not keep up, or does not run.',
  'status-late':
    'Status events have waited for five minutes: what reads them does not keep up, or does not run.',
  'progress-late': 'Progress has waited for five minutes: the publisher does not keep up, or does not run.',
  'first-logins-late': 'Records of first logins have waited for five minutes: somebody new may see nothing.',
  'engine-down': 'No engine runs. Nobody sees progress; nothing is lost.',
  'correlator-down': 'No correlator runs. Nobody sees progress; nothing is lost.',
  'publisher-down': 'No publisher runs. Nobody sees progress; nothing is lost.',
  slow: 'One event in a hundred reaches its owner’s topic later than 30 seconds after it happened.',
  throttled: 'DynamoDB or AWS IoT hold requests back, and go on doing so.',
  quarantined: 'Proofs of who owns an upload contradict each other. Nothing is published for it.',
  parked: 'Far more records are parked than find their owner, and that goes on.',
  'forwarder-errors': 'The forwarder fails: log events wait at CloudWatch, for 24 hours at most.',
  'delivery-errors':
    'CloudWatch Logs cannot reach the forwarder: it skips what is logged in the next ten minutes.',
  'report-delivery-errors':
    'CloudWatch Logs cannot bring what tasks report to the forwarder: it skips what they print in the next ten minutes.',
  'provisioning-errors': 'The API by which people are let in answers with errors. Somebody new sees nothing.',
  'provisioning-throttled': 'The API by which people are let in turns many requests away.',
  'signed-provisioning-errors': 'The API for signed requests answers with errors. Somebody new sees nothing.',
  'signed-provisioning-throttled': 'The API for signed requests turns many requests away.',
  'reconcile-errors': 'The comparison of attachments with identities fails.',
  'not-ready': 'A service runs and cannot do its work: something that it needs is away or refuses it.',
  restarting: 'Containers start again and again.',
  'forwarder-throttles': 'Lambda does not run the forwarder as often as CloudWatch Logs asks.',
  'provisioner-errors': 'A function of the provisioner fails.',
  'provisioner-throttles': 'Lambda does not run a function of the provisioner as often as it is asked.',
  'failed-invocations':
    'EventBridge could not give an event to its target, nor to the queue of the undelivered.',
  'dynamodb-throttles': 'DynamoDB counts requests to the journal that it held back.',
  'iot-throttles': 'AWS IoT counts messages of this account and region that it held back.',
} as const;

export type AlarmName = keyof typeof ALARM_TEXTS;

/** Of several log groups, each has an alarm of its own on what CloudWatch Logs delivers. */
export type NumberedAlarmName =
  AlarmName | `${Extract<AlarmName, 'delivery-errors' | 'report-delivery-errors'>}-${number}`;

/** Name of one of several alarms of a kind: the first has no number. */
export const numbered = (
  name: 'delivery-errors' | 'report-delivery-errors',
  index: number,
): NumberedAlarmName => (index === 0 ? name : `${name}-${index + 1}`);

/** Heading of the runbook, which numbered alarms share. */
export function headingOf(name: string): AlarmName {
  if (isAlarmName(name)) return name;
  return name.startsWith('report-') ? 'report-delivery-errors' : 'delivery-errors';
}

function isAlarmName(name: string): name is AlarmName {
  return Object.hasOwn(ALARM_TEXTS, name);
}
