import type { HistoryEvent, ExpectedEvent } from './recorded-events.ts';
import { HistoryWriter, type Step } from './recorded-history.ts';

/** An execution that ran nowhere, as if it had been recorded from AWS. */
export interface RecordedExecution {
  readonly executionArn: string;
  /** What `POST /executions` takes: outputs of the AWS CLI. */
  readonly recording: object;
  /** One log record for each event. */
  readonly logRecords: readonly string[];
  /** Status changes that EventBridge tells of. */
  readonly ends: readonly StatusChange[];
  readonly expected: readonly ExpectedEvent[];
}

export interface StatusChange {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly redriveCount: number;
  readonly stoppedAtMs: number;
}

const account = 'arn:aws:states:us-east-1:111122223333';
const startMs = Date.UTC(2026, 10, 3, 10, 15, 30);

/** As version 2 of the AWS CLI writes dates. */
function cliDate(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}

function detailsMember(type: string): string | undefined {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  if (/^ParallelState|^MapState(Succeeded|Failed)$|Aborted$/.test(type) && !type.startsWith('MapIteration'))
    return undefined;
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

function historyEvent({ id, previousEventId, type, timestampMs, details }: HistoryEvent): object {
  const member = detailsMember(type);
  return {
    timestamp: cliDate(timestampMs),
    type,
    id,
    previousEventId,
    ...(member === undefined ? {} : { [member]: details }),
  };
}

function logRecord(executionArn: string, event: HistoryEvent): string {
  return JSON.stringify({
    id: String(event.id),
    type: event.type,
    details: event.details,
    previous_event_id: String(event.previousEventId),
    event_timestamp: String(event.timestampMs),
    execution_arn: executionArn,
    redrive_count: String(event.redriveCount),
  });
}

function record(machine: string, name: string, input: unknown, writer: HistoryWriter): RecordedExecution {
  const executionArn = `${account}:execution:${machine}:${name}`;
  const ends = writer.events.flatMap(({ type, redriveCount, timestampMs }): StatusChange[] => {
    const status = { ExecutionSucceeded: 'SUCCEEDED', ExecutionFailed: 'FAILED' } as const;
    if (type !== 'ExecutionSucceeded' && type !== 'ExecutionFailed') return [];
    return [{ status: status[type], redriveCount, stoppedAtMs: timestampMs }];
  });
  const end = ends.at(-1);
  const redriven = writer.events.find(({ type }) => type === 'ExecutionRedriven');
  return {
    executionArn,
    recording: {
      execution: {
        executionArn,
        stateMachineArn: `${account}:stateMachine:${machine}`,
        name,
        status: end?.status ?? 'RUNNING',
        startDate: cliDate(startMs),
        stopDate: cliDate(end?.stoppedAtMs ?? startMs),
        input: JSON.stringify(input),
        inputDetails: { included: true },
        redriveCount: end?.redriveCount ?? 0,
        redriveStatus: 'NOT_REDRIVABLE',
        redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        ...(redriven === undefined ? {} : { redriveDate: cliDate(redriven.timestampMs) }),
      },
      history: { events: writer.events.map(historyEvent) },
    },
    logRecords: writer.events.map((event) => logRecord(executionArn, event)),
    ends,
    expected: writer.expected,
  };
}

const pass = (name: string): Step => ({ kind: 'plain', type: 'Pass', name });
const wait = (name: string): Step => ({ kind: 'plain', type: 'Wait', name });
const task = (name: string, more: Partial<Extract<Step, { kind: 'task' }>> = {}): Step => ({
  kind: 'task',
  name,
  ...more,
});
const times = (count: number, steps: (index: number) => readonly Step[]) =>
  Array.from({ length: count }, (_unused, index) => steps(index));
const map = (name: string, lanes: readonly (readonly Step[])[], concurrency?: number): Step => ({
  kind: 'scope',
  type: 'Map',
  name,
  tries: [{ lanes, ...(concurrency === undefined ? {} : { concurrency }) }],
});

/** Three Maps deep, with retries and a caught failure at the bottom. */
const inspect: Step = {
  kind: 'scope',
  type: 'Parallel',
  name: 'Inspect',
  tries: [
    {
      lanes: [
        [task('Scan', { failures: 1 }), pass('Clean')],
        [
          map(
            'Pages',
            times(2, (page) => [
              map(
                'Tiles',
                times(page + 1, (tile) => [
                  map(
                    'Bands',
                    times(2 - page, (band) => [
                      task('Read', { failures: page + tile + band }),
                      ...(band === 0 ? [] : [task('Sharpen', { failures: 2, end: 'caught' })]),
                    ]),
                    1,
                  ),
                ]),
              ),
            ]),
          ),
        ],
        [wait('Settle')],
      ],
    },
  ],
};

/** A Map whose first try fails in one of its iterations. */
const batches: Step = {
  kind: 'scope',
  type: 'Map',
  name: 'Batches',
  tries: [1, 0].map((failing) => ({
    lanes: times(2, (index) => [
      task('Load', failing === 0 || index !== failing ? {} : { failures: 1, end: 'fails' }),
      wait('Cool'),
    ]),
  })),
};

/** A Parallel that fails twice, beside a Map and a nested Parallel that are stopped, and is caught. */
const enrich: Step = {
  kind: 'scope',
  type: 'Parallel',
  name: 'Enrich',
  caught: true,
  tries: times(2, () => [task('Classify', { failures: 1, end: 'fails' })]).map((failing) => ({
    lanes: [
      failing,
      [
        map(
          'Previews',
          times(2, () => [task('Render')]),
        ),
      ],
      [
        {
          kind: 'scope',
          type: 'Parallel',
          name: 'Both',
          tries: [{ lanes: [[wait('Slow')], [task('Index')]] }],
        },
      ],
    ],
  })),
};

/**
 * A workflow with all that makes names hard to tell: Parallel, Map on three levels, retries of tasks and of a whole Map and
 * Parallel, catches, and a nested execution. It fails, is redriven, and succeeds. The seed decides how lanes interleave.
 */
export function recordIngest(
  seed: number,
  name: string,
  input: unknown,
): { readonly parent: RecordedExecution; readonly child: RecordedExecution } {
  const parentArn = `${account}:execution:Ingest:${name}`;
  const childInput = { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parentArn, page: 7 };
  const inner = new HistoryWriter(seed + 0x10000, startMs);
  inner.start(childInput);
  inner.run([
    map(
      'Words',
      times(2, () => [task('Count')]),
      1,
    ),
    pass('Sum'),
  ]);
  inner.succeed();
  const child = record('Tally', `${name}-child`, childInput, inner);

  const outer = new HistoryWriter(seed, startMs);
  outer.start(input);
  outer.run([
    task('Validate', { failures: 1 }),
    inspect,
    batches,
    enrich,
    pass('Fallback'),
    task('Nested', { starts: child.executionArn }),
    task('Publish', { failures: 1, end: 'fails' }),
  ]);
  outer.fail();
  outer.redrive();
  outer.run([
    { kind: 'plain', type: 'Choice', name: 'More' },
    { kind: 'plain', type: 'Succeed', name: 'Done' },
  ]);
  outer.succeed();
  return { parent: record('Ingest', name, input, outer), child };
}
