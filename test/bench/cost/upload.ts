import type { Use } from './prices.ts';

/** An input of the model, with where its value comes from. */
export interface Input {
  readonly value: number;
  readonly source: string;
}

/** Whole items of the entries of an upload in which every batch of log events becomes one entry, in bytes. */
export const ENTRY_ITEM_BYTES = [757, 1015, 1109, 1218, 1514, 1239, 2401] as const;

const measured =
  "measured by folding the 30 records through the correlator's domain code, with an identity, key and ARNs of usual length";

/** One upload as the model sees it. Counts follow from what the code does; what it cannot know is an assumption. */
export const UPLOAD = {
  logEvents: { value: 30, source: 'start, five tasks, one of them retried once, end' },
  logBytes: {
    value: 756,
    source: "a log event of the bench's workload (730 bytes) and the 26 that CloudWatch adds",
  },
  logBatches: { value: 6, source: 'assumption: five log events of an execution are delivered together' },
  progressEvents: { value: 14, source: `${measured}: uploaded, two of the execution, eleven of its steps` },
  runSeconds: { value: 9, source: 'assumption; below the interval of snapshots (10 s)' },
  statusChanges: { value: 3, source: 'queued, running, succeeded' },
  watchers: { value: 1, source: 'one page of the uploader is open' },
  sessionMinutes: { value: 2, source: 'assumption: the page is open a little longer than the run' },
  entryItemBytes: { value: 9253, source: `${measured}; sum of seven items of 757 to 2,401 bytes` },
  functionSeconds: { value: 0.02, source: 'assumption: billed duration of one payload in the forwarder' },
  functionGb: { value: 0.5, source: 'infra/cdk/src/forwarder.ts' },
  retentionMonths: { value: 1, source: 'default of STEPCAST_RETENTION_SECONDS: 30 days' },
  snapshotSeconds: { value: 10, source: 'default of snapshotIntervalMs and STEPCAST_OVERVIEW_INTERVAL_MS' },
} as const satisfies Record<string, Input>;

export type Form = 'engine' | 'apart';

/** How much shares a call: in a quiet system nothing, in a busy one a payload, a batch and a receive hold several. */
export interface Load {
  readonly name: string;
  readonly together: number;
}

export interface Variant {
  readonly form: Form;
  readonly load: Load;
  /** Uploads that one page follows before it is closed. */
  readonly uploadsPerSession: number;
}

const KB = 1024;
const GB = 1_000_000_000;

/** Entries of an upload: the first says that it was uploaded, then one for each batch of log events. */
export function entriesOf(logBatches: number): number {
  return 1 + logBatches;
}

export function writeUnitsOf(itemBytes: number): number {
  return Math.ceil(itemBytes / KB);
}

/** Retained messages of one topic: at the beginning, at the end, and for each whole interval in between. */
export function snapshotsOf(runSeconds: number, intervalSeconds: number): number {
  return 2 + Math.max(0, Math.ceil(runSeconds / intervalSeconds) - 1);
}

/** IoT Core meters what comes in and what goes out to each client; with QoS 1 the client's PUBACK too. */
export function publishedQos1(messages: number, watchers: number): number {
  return messages * (1 + 2 * watchers);
}

/** Retained messages are metered once more for being stored; clients subscribe to them with QoS 0. */
export function publishedRetained(messages: number, watchers: number): number {
  return messages * (2 + watchers);
}

/** CONNECT, one SUBSCRIBE (replies, overview, events and state fit in a packet), and one catch-up. */
export const SESSION_MESSAGES = { connect: 1, subscribe: 1, request: 3, reply: 3 } as const;

function iot(uploadsPerSession: number): Use[] {
  const service = 'IoT Core';
  const watchers = UPLOAD.watchers.value;
  const states = snapshotsOf(UPLOAD.runSeconds.value, UPLOAD.snapshotSeconds.value);
  const session = Object.values(SESSION_MESSAGES).reduce((sum, count) => sum + count, 0) / uploadsPerSession;
  return [
    {
      service,
      what: "events: in, out, the client's PUBACK",
      price: 'iotMessage',
      amount: publishedQos1(entriesOf(UPLOAD.logBatches.value), watchers),
    },
    {
      service,
      what: 'state: in, retained, out',
      price: 'iotMessage',
      amount: publishedRetained(states, watchers),
    },
    {
      service,
      what: 'overview: in, retained, out, at each change of status',
      price: 'iotMessage',
      amount: publishedRetained(Math.max(states, UPLOAD.statusChanges.value), watchers),
    },
    {
      service,
      what: 'session: connect, subscribe, catch up',
      price: 'iotMessage',
      amount: session * watchers,
    },
    {
      service,
      what: 'minutes of connection',
      price: 'iotMinute',
      amount: (UPLOAD.sessionMinutes.value * watchers) / uploadsPerSession,
    },
  ];
}

/** Root, epoch, owner, watch item, and the deletion of the watch item. */
const SINGLE_ITEMS = 5;
/** A line or a root with its keys, rounded up. */
const SMALL_ITEM_BYTES = 450;

function dynamodb(form: Form): Use[] {
  const service = 'DynamoDB';
  const entryUnits = ENTRY_ITEM_BYTES.reduce((sum, bytes) => sum + writeUnitsOf(bytes), 0);
  const bytes =
    ENTRY_ITEM_BYTES.reduce((sum, each) => sum + each, 0) +
    (SINGLE_ITEMS - 1 + UPLOAD.statusChanges.value) * SMALL_ITEM_BYTES;
  const gbMonths = (bytes / GB) * UPLOAD.retentionMonths.value;
  return [
    { service, what: 'entries', price: 'writeUnit', amount: entryUnits },
    {
      service,
      what: 'root, epoch, owner; onto the watch list and off it; durations of the states',
      price: 'writeUnit',
      amount: SINGLE_ITEMS + 1,
    },
    { service, what: 'lines of the overview', price: 'writeUnit', amount: UPLOAD.statusChanges.value },
    {
      service,
      what: 'reads of a catch-up, and of lines',
      price: 'readUnit',
      // Apart, with several publishers: a state is compared with the newest epoch, and lines are read for each overview.
      amount: form === 'engine' ? 6 : 13,
    },
    { service, what: 'storage', price: 'tableGbMonth', amount: gbMonths },
    { service, what: 'point-in-time recovery', price: 'recoveryGbMonth', amount: gbMonths },
  ];
}

/** EventBridge sends each by itself; receives and deletes are shared by what comes together. */
function standardRequests(messages: number, together: number): number {
  return messages * (1 + 2 / together);
}

function sqs(form: Form, together: number): Use[] {
  const service = 'SQS';
  return [
    {
      service,
      what: 'events queue: send, receive, delete',
      price: 'fifoRequest',
      amount: (3 * UPLOAD.logBatches.value) / together,
    },
    {
      service,
      what: 'uploads queue: send, receive, delete',
      price: 'standardRequest',
      amount: standardRequests(1, together),
    },
    {
      service,
      what: 'status queue, start and end: send, receive, delete',
      price: 'standardRequest',
      amount: standardRequests(2, together),
    },
    ...(form === 'engine'
      ? []
      : [
          {
            service,
            what: 'progress queue: send, receive, delete',
            price: 'fifoRequest' as const,
            amount: (3 * entriesOf(UPLOAD.logBatches.value)) / together,
          },
        ]),
  ];
}

/** What one upload uses, on average. */
export function usesOfUpload({ form, load, uploadsPerSession }: Variant): Use[] {
  const invocations = UPLOAD.logBatches.value / load.together;
  return [
    ...iot(uploadsPerSession),
    ...dynamodb(form),
    ...sqs(form, load.together),
    {
      service: 'CloudWatch Logs',
      what: "ingestion of the workflow's log",
      price: 'logGb',
      amount: (UPLOAD.logEvents.value * UPLOAD.logBytes.value) / GB,
    },
    { service: 'Lambda', what: 'forwarder: invocations', price: 'invocation', amount: invocations },
    {
      service: 'Lambda',
      what: 'forwarder: duration',
      price: 'functionGbSecond',
      amount: invocations * UPLOAD.functionSeconds.value * UPLOAD.functionGb.value,
    },
    { service: 'EventBridge', what: 'Object Created', price: 'serviceEvent', amount: 1 },
  ];
}
