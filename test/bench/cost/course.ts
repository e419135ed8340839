import { gzipSync } from 'node:zlib';

/** How uploads come, and how AWS reports what becomes of them. */
export interface Course {
  /** Files that one person uploads together. */
  readonly uploads: number;
  /** Payloads in which the log subscription brings the log events, evenly filled. */
  readonly payloads: number;
  /** From the start of an execution to its end. */
  readonly runSeconds: number;
  /** Which changes of status come in. */
  readonly statuses: readonly ('RUNNING' | 'SUCCEEDED')[];
  /** From a change of status to its message. */
  readonly statusDelayMs: number;
  /** From the last log event of a payload to the payload. */
  readonly logDelayMs: number;
  /** Pages of the person that are open: the first one uploads. */
  readonly watchers: number;
  /** How they subscribe to events; undefined: as the web client does by default. */
  readonly eventsQos?: 0 | 1;
  /** Whether log events hold the inputs and outputs. */
  readonly executionData: boolean;
}

/** Something that comes in, and when. */
export type Arrival =
  | { readonly atMs: number; readonly kind: 'upload' | 'status'; readonly body: string }
  | { readonly atMs: number; readonly kind: 'logs'; readonly payload: unknown };

const ACCOUNT = '111122223333';
const REGION = 'us-east-1';
const MACHINE = 'ProgressPipeline';
export const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${MACHINE}`;
export const BUCKET = `progress-uploads-${ACCOUNT}`;
export const STATES = ['ExtractText', 'DetectLanguage', 'Translate', 'Summarise', 'StoreResult'] as const;
const RETRIED = 'Translate';

/** What the input or the output of a task takes, as JSON. */
export const EXECUTION_DATA_BYTES = 300;
/** What CloudWatch Logs counts of a log event beside its message. */
export const LOG_EVENT_OVERHEAD_BYTES = 26;
/** From an upload to the start of its execution. */
const START_DELAY_MS = 600;
/** From an upload to its message. */
const UPLOAD_DELAY_MS = 300;

const digits = (value: number, length: number) => String(value).padStart(length, '0');

/** Whose uploads they are, by number. */
export function identityOf(person: number): string {
  return `${REGION}:1f0e2d3c-4b5a-c6d7-8e9f-${digits(person, 12)}`;
}

export function keyOf(person: number, upload: number): string {
  return `users/${identityOf(person)}/uploads/scan ${digits(upload, 2)}.png`;
}

function objectCreated(person: number, upload: number, atMs: number): string {
  return JSON.stringify({
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: ACCOUNT,
    time: new Date(atMs).toISOString(),
    region: REGION,
    resources: [`arn:aws:s3:::${BUCKET}`],
    detail: {
      version: '0',
      bucket: { name: BUCKET },
      object: {
        key: keyOf(person, upload),
        size: 48_213,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': `IYV3p45BT0ac8hjHg1houSdS1a.${digits(person, 2)}${digits(upload, 2)}`,
        sequencer: `0069088CF1A7C3${digits(person, 2)}${digits(upload, 2)}`,
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: ACCOUNT,
      'source-ip-address': '203.0.113.10',
      reason: 'PutObject',
    },
  });
}

/** An input or output of a task. */
function data(name: string): string {
  const of = (text: string) => JSON.stringify({ name, attempt: 1, width: 2_480, height: 3_508, text });
  return of('0'.repeat(EXECUTION_DATA_BYTES - of('').length));
}

type HistoryEvent = readonly [type: string, details: object];

const WHOLE = { truncated: false };

/** What one task writes: five log events, and three more when it is retried once. */
function taskEvents(name: string, input: string): readonly HistoryEvent[] {
  const task = { resource: 'invoke', resourceType: 'lambda' };
  const tries: readonly HistoryEvent[] = [
    ['TaskScheduled', { ...task, region: REGION, parameters: input }],
    ['TaskStarted', task],
  ];
  const failed: HistoryEvent = [
    'TaskFailed',
    { ...task, error: 'Lambda.ServiceException', cause: 'Try later.' },
  ];
  const output = { output: data(name), outputDetails: WHOLE };
  return [
    ['TaskStateEntered', { name, input, inputDetails: WHOLE }],
    ...(name === RETRIED ? [...tries, failed] : []),
    ...tries,
    ['TaskSucceeded', { ...task, ...output }],
    ['TaskStateExited', { name, ...output }],
  ];
}

/** The history of an execution as Step Functions logs it: start, five tasks of which one is retried once, end. */
function history(input: string): readonly HistoryEvent[] {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/${MACHINE}Role`;
  return [
    ['ExecutionStarted', { input, inputDetails: WHOLE, roleArn }],
    ...STATES.flatMap((name, index) => taskEvents(name, index === 0 ? input : data(name))),
    ['ExecutionSucceeded', { output: data('done'), outputDetails: WHOLE }],
  ];
}

/** What `includeExecutionData: false` leaves out. */
const EXECUTION_DATA: ReadonlySet<string> = new Set(['input', 'inputDetails', 'output', 'outputDetails']);

function withoutData(details: object): object {
  return Object.fromEntries(Object.entries(details).filter(([name]) => !EXECUTION_DATA.has(name)));
}

interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

function logEvents(course: Course, arn: string, input: string, startMs: number): readonly LogEvent[] {
  const events = history(input);
  const runMs = course.runSeconds * 1_000;
  return events.map(([type, details], index) => {
    const timestamp = startMs + Math.round((runMs * index) / (events.length - 1));
    const message = JSON.stringify({
      id: String(index + 1),
      type,
      details: course.executionData ? details : withoutData(details),
      // The first state points to nothing, like the start.
      previous_event_id: String(index === 1 ? 0 : index),
      event_timestamp: String(timestamp),
      execution_arn: arn,
      redrive_count: '0',
    });
    return { timestamp, message };
  });
}

function statusChange(arn: string, input: string, startMs: number, stopMs: number | null): string {
  return JSON.stringify({
    version: '0',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    detail: {
      executionArn: arn,
      stateMachineArn: MACHINE_ARN,
      status: stopMs === null ? 'RUNNING' : 'SUCCEEDED',
      startDate: startMs,
      stopDate: stopMs,
      input,
    },
  });
}

function payload(events: readonly LogEvent[]): unknown {
  const body = JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: ACCOUNT,
    logGroup: `/aws/vendedlogs/states/${MACHINE}`,
    logStream: `states/${MACHINE}/2026-11-03-10-15/4f0e2d1c`,
    subscriptionFilters: ['stepcast-forwarder'],
    logEvents: events.map((event, index) => ({ id: digits(index, 56), ...event })),
  });
  return { awslogs: { data: gzipSync(body).toString('base64') } };
}

/** What comes in, in order of time, and what CloudWatch Logs ingests of it. */
export interface Arrivals {
  readonly arrivals: readonly Arrival[];
  readonly logEvents: number;
  readonly logBytes: number;
}

interface Run {
  readonly arn: string;
  readonly input: string;
  readonly events: readonly LogEvent[];
}

function messagesOf(course: Course, { arn, input }: Run, startMs: number): readonly Arrival[] {
  const began = startMs + START_DELAY_MS;
  const ended = began + course.runSeconds * 1_000;
  return [
    { atMs: startMs + UPLOAD_DELAY_MS, kind: 'upload', body: input },
    ...course.statuses.map((status): Arrival => {
      const stopMs = status === 'RUNNING' ? null : ended;
      const atMs = (stopMs ?? began) + course.statusDelayMs;
      return { atMs, kind: 'status', body: statusChange(arn, input, began, stopMs) };
    }),
  ];
}

/** Payloads that each hold as many log events of every execution. */
function payloadsOf({ payloads, logDelayMs }: Course, runs: readonly Run[]): readonly Arrival[] {
  return Array.from({ length: payloads }, (_, index) => {
    const cut = (events: readonly LogEvent[], at: number) => Math.round((events.length * at) / payloads);
    const events = runs.flatMap((run) =>
      run.events.slice(cut(run.events, index), cut(run.events, index + 1)),
    );
    const lastMs = Math.max(...events.map(({ timestamp }) => timestamp));
    return { atMs: lastMs + logDelayMs, kind: 'logs', payload: payload(events) };
  });
}

/** All that comes in of the uploads of one person. @param startMs when the uploads are complete */
export function arrivalsOf(course: Course, person: number, startMs: number): Arrivals {
  const runs = Array.from({ length: course.uploads }, (_, upload): Run => {
    const input = objectCreated(person, upload, startMs);
    const name = `3f2a1b0c-9d8e-4f7a-8b6c-${digits(person, 6)}${digits(upload, 6)}`;
    const arn = `arn:aws:states:${REGION}:${ACCOUNT}:execution:${MACHINE}:${name}`;
    return { input, arn, events: logEvents(course, arn, input, startMs + START_DELAY_MS) };
  });
  const all = runs.flatMap(({ events }) => events);
  const arrivals = [...runs.flatMap((run) => messagesOf(course, run, startMs)), ...payloadsOf(course, runs)];
  return {
    arrivals: arrivals.toSorted((one, other) => one.atMs - other.atMs),
    logEvents: all.length,
    logBytes: all.reduce(
      (sum, { message }) => sum + Buffer.byteLength(message) + LOG_EVENT_OVERHEAD_BYTES,
      0,
    ),
  };
}
