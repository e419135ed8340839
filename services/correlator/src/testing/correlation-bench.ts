import { ExecutionArn, keyTemplate, type ProgressEvent, type UploadState } from '@stepcast/contracts';
import { type ExecutionRecord } from '@stepcast/wire';
import { createMetrics, silentLogger, type Logger, type Metrics, type Timers } from '@stepcast/kit';
import { ManualTime } from '@stepcast/kit/testing';
import { createCorrelation, type Correlation, type CorrelationPorts } from '../application/correlation.ts';
import { DEFAULT_TIMES, type CorrelatorSettings } from '../settings.ts';
import { FakeStarter } from './fake-step-functions.ts';
import { createInMemoryPorts } from './in-memory-ports.ts';

export const IDENTITY = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
export const OTHER_IDENTITY = 'us-east-1:9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d';
export const BUCKET = 'progress-uploads-111122223333';
export const MACHINE_ARN = 'arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline';

export function arnOf(name: string): ExecutionArn {
  return ExecutionArn.parse(`arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:${name}`);
}

/** The execution that most tests are about. */
export const ARN = arnOf('up-1');

export function expressArnOf(name: string): ExecutionArn {
  return ExecutionArn.parse(
    `arn:aws:states:us-east-1:111122223333:express:ProgressPipeline:${name}:315c1398-40ff-a850-213b-158f73e60175`,
  );
}

/** An EventBridge `Object Created` event as JSON text. */
export function objectCreated(
  options: {
    readonly identityId?: string;
    readonly file?: string;
    readonly sequencer?: string;
    readonly time?: string;
    readonly versionId?: string;
  } = {},
): string {
  const { identityId = IDENTITY, file = 'scan 01.png', sequencer = '0069088CF1A7C3B2D4' } = options;
  return JSON.stringify({
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: options.time ?? '2026-11-03T10:15:29Z',
    region: 'us-east-1',
    resources: [`arn:aws:s3:::${BUCKET}`],
    detail: {
      version: '0',
      bucket: { name: BUCKET },
      object: {
        key: `users/${identityId}/uploads/${file}`,
        ...(options.versionId === undefined ? {} : { 'version-id': options.versionId }),
        size: 48213,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        sequencer,
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '111122223333',
      reason: 'PutObject',
    },
  });
}

export interface BenchOptions {
  readonly settings?: Partial<CorrelatorSettings>;
  /** Shares the ports, and so the store, of another. */
  readonly ports?: ReturnType<typeof createInMemoryPorts>;
  /** The same ports as this correlator sees them. Default as they are. */
  readonly seenPorts?: CorrelationPorts;
  readonly time?: ManualTime;
  /** Default the time's own. */
  readonly timers?: Timers;
  readonly managed?: boolean;
  readonly keepEndedMs?: number;
  readonly metrics?: Metrics;
  readonly logger?: Logger;
}

/** A correlator on ports in memory, with a clock that tests own. */
export function createBench(options: BenchOptions = {}) {
  const ports = options.ports ?? createInMemoryPorts();
  const time = options.time ?? new ManualTime();
  const metrics = options.metrics ?? createMetrics('test_');
  const starter = new FakeStarter(arnOf, ports.failures);
  const settings: CorrelatorSettings = {
    ...DEFAULT_TIMES,
    rules: { keyTemplate: keyTemplate('users/{identityId}/'), buckets: new Set([BUCKET]) },
    startMode: options.managed === true ? 'managed' : 'observed',
    ...options.settings,
  };
  const correlation: Correlation = createCorrelation({
    ...(options.seenPorts ?? ports),
    ...(options.managed === true ? { starter } : {}),
    settings,
    clock: time,
    timers: options.timers ?? time,
    random: () => 0.5,
    logger: options.logger ?? silentLogger,
    metrics,
    keepEndedMs: options.keepEndedMs,
  });
  return { correlation, ports, time, metrics, starter };
}

export type Bench = ReturnType<typeof createBench>;

/** The events of an execution in the journal, in order, without the offsets. */
export function eventsOf(
  ports: ReturnType<typeof createInMemoryPorts>,
  executionArn: ExecutionArn,
): Omit<ProgressEvent, 'offset'>[] {
  return ports.journal
    .events()
    .filter((event) => event.executionArn === executionArn)
    .map(({ offset: _offset, ...event }) => event);
}

/** The state of the upload after the newest journal entry, folded from the events. */
export function stateOf(ports: ReturnType<typeof createInMemoryPorts>): UploadState | undefined {
  return ports.journal.state();
}

/** Offsets of each stream, in order; they must be 1, 2, 3… */
export function offsetsOf(ports: ReturnType<typeof createInMemoryPorts>): number[][] {
  const streams = new Map<string, number[]>();
  for (const { stream, events } of ports.journal.all()) {
    const key = `${stream.identityId}#${stream.uploadId}#${stream.epoch}`;
    streams.set(key, [...(streams.get(key) ?? []), ...events.map((event) => event.offset)]);
  }
  return [...streams.values()];
}

/** Every record put in, against the sum of what became of them. */
export async function balance(
  metrics: Metrics,
): Promise<{ readonly in: number; readonly accounted: number }> {
  const total = (name: string, labels: Record<string, string> = {}) => readCounter(metrics, name, labels);
  const [recordsIn, outcomes, parkedIn, parkedOut] = await Promise.all([
    total('records_in_total'),
    total('records_total'),
    total('records_parked_total', { direction: 'in' }),
    total('records_parked_total', { direction: 'out' }),
  ]);
  return { in: recordsIn, accounted: outcomes + parkedIn - parkedOut };
}

/** Sum of a counter over the label values that agree, read from the text that Prometheus would get. */
export async function readCounter(
  metrics: Metrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const lines = (await metrics.text()).split('\n');
  return lines
    .filter((line) => new RegExp(`^[a-z]+_${name}(\\{| )`).test(line))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

export function batchOf(executionArn: ExecutionArn, records: readonly ExecutionRecord[]) {
  return { version: 1 as const, executionArn, records: [...records] };
}
