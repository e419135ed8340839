import type { Topic } from '@stepcast/contracts';
import { SUBSCRIPTION_QOS } from '@stepcast/publisher';
import { FULL_LOGGING, neededStatuses } from '@stepcast/wire';
import { EXECUTION_DATA_BYTES, type Course } from './course.ts';
import type { Measured } from './measure.ts';
import { messageUnitsOf } from './metered-broker.ts';
import type { Form } from './metered-engine.ts';
import type { PagePacket } from './metered-pages.ts';
import type { ItemKind } from './metered-table.ts';
import type { Use } from './prices.ts';

/** An input of the model, with where its value comes from. */
export interface Input {
  readonly value: number;
  readonly source: string;
}

/** What the model assumes. Everything else is measured: Stepcast's own code processes the uploads. */
export const INPUTS = {
  payloads: {
    value: 6,
    source:
      'assumption: a payload every 1.2 s, with five log events of an execution. CloudWatch batches when possible and promises nothing',
  },
  runSeconds: {
    value: 7,
    source:
      'assumption; with the delays below, 8.3 s from the first message to the last, below the interval of snapshots (10 s)',
  },
  statusDelayMs: {
    value: 300,
    source: 'assumption: EventBridge is faster than a log subscription, so a change of status comes in first',
  },
  logDelayMs: {
    value: 1_000,
    source: 'assumption: from the last log event of a payload to the payload',
  },
  executionDataBytes: {
    value: EXECUTION_DATA_BYTES,
    source: 'assumption: input and output of each task but the first, whose input is the event of S3',
  },
  watchers: { value: 1, source: 'assumption: one page of the uploader is open' },
  sessionMinutes: { value: 2, source: 'assumption: the page is open a little longer than the run' },
  retainedOverview: {
    value: 1,
    source: 'a page that subscribes gets the retained overview of earlier uploads; it is metered out',
  },
  functionSeconds: {
    value: 0.02,
    source:
      'assumption: billed duration of one payload in the forwarder, nearly all of it a wait for SQS; a payload takes 0.1 ms of a core',
  },
  functionGb: { value: 0.375, source: 'infra/cdk/src/forwarder.ts' },
  functionLogBytes: {
    value: 0,
    source:
      'infra/cdk/src/forwarder.ts: Lambda logs warnings alone, and the forwarder nothing of a payload that went well',
  },
  metricsLineBytes: {
    value: 1_100,
    source:
      'a line of metrics of an engine that published in its minute, and what CloudWatch Logs counts beside it; a test measures one',
  },
  metricsLines: {
    value: 43_800,
    source: 'a month, at most: one a minute in which something happened',
  },
  storedDays: {
    value: 32,
    source:
      'default of STEPCAST_RETENTION_SECONDS (30 days), and two until DynamoDB deletes what has expired',
  },
  durationWrites: {
    value: 262_800,
    source:
      'a month, at most: learned durations of a state machine are stored every 10 s (machine-profiles.ts)',
  },
} as const satisfies Record<string, Input>;

/** How much comes together. */
export interface Load {
  readonly name: 'quiet' | 'busy';
  /** Files that a person uploads together; so many executions share a payload and a message batch. */
  readonly together: number;
}

export interface Variant {
  readonly form: Form;
  readonly load: Load;
  /** Where it differs from the inputs. */
  readonly course?: Partial<Course>;
  /** Persons whose executions share each payload. */
  readonly sharedBy?: number;
  /** What an overview takes beside the uploads of the course, in bytes. */
  readonly earlierUploadsBytes?: number;
}

/** Statuses that an execution has which succeeds. */
function isOfSuccess(status: string): status is Course['statuses'][number] {
  return status === 'RUNNING' || status === 'SUCCEEDED';
}

/** What Stepcast's own code is to process for a variant. */
export function courseOf({ load, course = {} }: Variant): Course {
  const { executionData = true } = course;
  return {
    uploads: load.together,
    payloads: INPUTS.payloads.value,
    runSeconds: INPUTS.runSeconds.value,
    statuses: neededStatuses('observed', { ...FULL_LOGGING, executionData }).filter(isOfSuccess),
    statusDelayMs: INPUTS.statusDelayMs.value,
    logDelayMs: INPUTS.logDelayMs.value,
    watchers: INPUTS.watchers.value,
    executionData,
    ...course,
  };
}

const GB = 1_000_000_000;
const DAYS_OF_MONTH = 365 / 12;
const MILLION = 1_000_000;
/** DynamoDB developer guide: stored for each item beside its bytes, for the index. */
const STORED_ITEM_OVERHEAD = 100;
function unitsOf(
  all: readonly { readonly kind: Topic['kind'] | undefined; readonly bytes: number }[],
  kind: Topic['kind'],
  moreBytes = 0,
): number {
  return all
    .filter((one) => one.kind === kind)
    .reduce((sum, { bytes }) => sum + messageUnitsOf(bytes + moreBytes), 0);
}

/**
 * IoT Core meters what comes in and what goes out to each client, with QoS 1 the PUBACK of the receiver, and retained messages
 * once more for being stored.
 */
function iot({ messages, packets, course }: Measured, { earlierUploadsBytes = 0 }: Variant): Use[] {
  const { watchers } = course;
  const service = 'IoT Core';
  const price = 'iotMessage';
  const of = (packet: PagePacket['packet']) => packets.filter((one) => one.packet === packet);
  const published = (kind: Topic['kind'], moreBytes = 0) => unitsOf(messages, kind, moreBytes);
  const delivered = (kind: Topic['kind'], moreBytes = 0) =>
    unitsOf(of('PUBLISH'), kind, moreBytes) + unitsOf(of('PUBACK'), kind);
  const retained = (kind: Topic['kind'], moreBytes = 0) =>
    2 * published(kind, moreBytes) + delivered(kind, moreBytes);
  const requests = unitsOf(of('PUBLISH'), 'requests');
  const earlier = INPUTS.retainedOverview.value * messageUnitsOf(earlierUploadsBytes) * watchers;
  return [
    { service, what: 'events: in, out', price, amount: published('events') + delivered('events') },
    { service, what: 'state: in, retained, out', price, amount: retained('state') },
    {
      service,
      what: 'overview: in, retained, out',
      price,
      amount: retained('overview', earlierUploadsBytes),
    },
    {
      service,
      what: 'page: CONNECT, SUBSCRIBE, the retained overview',
      price,
      amount: of('CONNECT').length + of('SUBSCRIBE').length + earlier,
    },
    {
      service,
      what: 'catch-up: request and reply, each in, out',
      price,
      amount: requests * (2 + SUBSCRIPTION_QOS) + published('replies') + delivered('replies'),
    },
    {
      service,
      what: 'minutes of connection',
      price: 'iotMinute',
      amount: INPUTS.sessionMinutes.value * watchers,
    },
  ];
}

const ROWS: readonly { readonly what: string; readonly kinds: readonly ItemKind[] }[] = [
  { what: 'entries', kinds: ['entry'] },
  { what: 'lines of the overview', kinds: ['line'] },
  { what: 'root, epoch, owner', kinds: ['root', 'epoch', 'owner'] },
  { what: 'that the identity has lines', kinds: ['enrolment'] },
  { what: 'onto the watch list, off it', kinds: ['watch'] },
  { what: 'end parked until its log events come, unparked', kinds: ['parked'] },
];

function dynamodb({ writes, readUnits, stored, course }: Measured): Use[] {
  const service = 'DynamoDB';
  const bytes = stored
    .filter(({ kind }) => kind !== 'durations')
    .reduce((sum, item) => sum + item.bytes + STORED_ITEM_OVERHEAD, 0);
  const gbMonths = ((bytes / GB) * INPUTS.storedDays.value) / DAYS_OF_MONTH;
  const durations = Math.min(1, (INPUTS.durationWrites.value * course.uploads) / MILLION);
  return [
    ...ROWS.map(({ what, kinds }): Use => ({
      service,
      what,
      price: 'writeUnit',
      amount: writes.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { units }) => sum + units, 0),
    })),
    { service, what: 'durations of the states', price: 'writeUnit', amount: durations },
    { service, what: 'reads', price: 'readUnit', amount: readUnits },
    { service, what: 'storage', price: 'tableGbMonth', amount: gbMonths },
    { service, what: 'point-in-time recovery', price: 'recoveryGbMonth', amount: gbMonths },
  ];
}

/** Send, receive and delete. What a call of SendMessageBatch brought together is received and deleted together. */
const CALLS = 3;
const MESSAGES_PER_CALL = 10;

/** Calls of one kind for a payload that holds log events of so many executions. */
export function callsOfPayload(executions: number): number {
  return Math.ceil(executions / MESSAGES_PER_CALL);
}

function sqs({ course, handovers }: Measured, { form, sharedBy = 1 }: Variant): Use[] {
  const service = 'SQS';
  const { uploads, payloads, statuses } = course;
  const batches = (payloads * callsOfPayload(uploads * sharedBy)) / sharedBy;
  return [
    { service, what: 'events queue: send, receive, delete', price: 'fifoRequest', amount: CALLS * batches },
    {
      service,
      what: 'uploads queue: send, receive, delete',
      price: 'standardRequest',
      amount: CALLS * uploads,
    },
    {
      service,
      what: 'status queue: send, receive, delete',
      price: 'standardRequest',
      amount: CALLS * uploads * statuses.length,
    },
    ...(form === 'engine'
      ? []
      : [
          {
            service,
            what: 'progress queue: send, receive, delete',
            price: 'fifoRequest' as const,
            amount: (CALLS * handovers * callsOfPayload(uploads)) / uploads,
          },
        ]),
  ];
}

function forwarding({ course, logBytes }: Measured, { sharedBy = 1 }: Variant): Use[] {
  const { uploads } = course;
  const payloads = course.payloads / sharedBy;
  const { functionSeconds, functionGb, functionLogBytes } = INPUTS;
  return [
    { service: 'CloudWatch Logs', what: "the workflow's log", price: 'logGb', amount: logBytes / GB },
    {
      service: 'CloudWatch Logs',
      what: "the forwarder's log",
      price: 'logGb',
      amount: (payloads * functionLogBytes.value) / GB,
    },
    {
      service: 'CloudWatch Logs',
      what: 'lines of metrics',
      price: 'logGb',
      amount:
        (Math.min(1, (INPUTS.metricsLines.value * uploads) / MILLION) * INPUTS.metricsLineBytes.value) / GB,
    },
    { service: 'Lambda', what: 'forwarder: invocations', price: 'invocation', amount: payloads },
    {
      service: 'Lambda',
      what: 'forwarder: duration',
      price: 'functionGbSecond',
      amount: payloads * functionSeconds.value * functionGb.value,
    },
    { service: 'EventBridge', what: 'Object Created', price: 'serviceEvent', amount: uploads },
  ];
}

/** What one upload uses, on average. @param measured of the variant's course */
export function usesOfUpload(variant: Variant, measured: Measured): Use[] {
  const { uploads } = measured.course;
  const all = [
    ...iot(measured, variant),
    ...dynamodb(measured),
    ...sqs(measured, variant),
    ...forwarding(measured, variant),
  ];
  return all.map((use) => ({ ...use, amount: use.amount / uploads }));
}
