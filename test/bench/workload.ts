import { gzipSync } from 'node:zlib';

/** One subscription payload, as CloudWatch Logs hands it over, and what is known of it. */
export interface BenchPayload {
  readonly payload: { readonly awslogs: { readonly data: string } };
  readonly events: number;
  /** `executionArn|state` of every state that is left in it; see {@link latencyKey}. */
  readonly exits: readonly string[];
}

export interface Workload {
  /** The next payloads. Executions go on from one call to the next; one that ends makes room for a new one. */
  next(payloads: number): BenchPayload[];
  /** Keys of the uploads so far. */
  readonly keys: readonly string[];
  /** Executions whose last record was given out. */
  readonly ended: number;
}

export interface WorkloadOptions {
  /** Executions under way at any time. */
  readonly executions: number;
  /** Log events of one execution that come together. Default 5. */
  readonly recordsTogether?: number;
  /** Executions in one payload. Default 5. */
  readonly executionsTogether?: number;
  /** Makes the executions of two workloads different. Default 1. */
  readonly seed?: number;
  /** Whose all uploads are. Default: identities take turns. */
  readonly identityId?: string;
  /** No more executions than this are made; then payloads run out. Default no end. */
  readonly total?: number;
}

export const BENCH_BUCKET = 'uploads';
export const BENCH_STATES = [
  'ReadPicture',
  'CheckSize',
  'DetectFaces',
  'AnalyseColours',
  'MakeThumbnail',
  'MakePreview',
  'WriteTags',
  'FindDuplicates',
  'UpdateIndex',
  'TellSearch',
] as const;

/** Identities take turns, so that none of them owns more than a few of the uploads. */
const IDENTITIES = 10_000;

const ACCOUNT = '111122223333';
const MACHINE = 'PhotoPipeline';

/** Names the end of one state's visit: what a subscriber sees of it and what a payload holds of it have the same key. */
export function latencyKey(executionArn: string, state: string): string {
  return `${executionArn}|${state}`;
}

/** A small generator of repeatable numbers (mulberry32). */
export function repeatableRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A step that visits all of `count` places before it visits one again, in no order that one notices. */
function strideThrough(count: number): number {
  const divides = (one: number, other: number): number => (other === 0 ? one : divides(other, one % other));
  let stride = Math.max(1, Math.round(count * 0.618));
  while (divides(stride, count) !== 1) stride += 1;
  return stride;
}

interface Running {
  readonly arn: string;
  readonly input: string;
  readonly states: number;
  nextId: number;
  nowMs: number;
}

const hex = (value: number, length: number) => value.toString(16).padStart(length, '0').slice(-length);

/** About 300 bytes that do not compress to nothing, as inputs and outputs of real tasks are. */
function payloadText(random: () => number, name: string): string {
  const numbers = Array.from({ length: 24 }, () => hex(Math.floor(random() * 0xffffffff), 8));
  return JSON.stringify({ name, trace: numbers.join(''), attempt: 1, width: Math.floor(random() * 9_000) });
}

/**
 * Executions that each run through up to ten tasks of five log events (about 730 bytes each), in payloads of 25 events:
 * five executions with five events each, all executions in turn. The first executions are of different lengths, so that later ones are at
 * different places.
 */
export function createWorkload(options: WorkloadOptions): Workload {
  const { executions, recordsTogether = 5, executionsTogether = 5, seed = 1, total = Infinity } = options;
  const random = repeatableRandom(seed);
  let made = 0;
  let ended = 0;
  let turn = 0;
  const stride = strideThrough(executions);
  const slots: (Running | undefined)[] = [];
  const keys: string[] = [];

  function begin(states: number): Running {
    made += 1;
    const identity =
      options.identityId ?? `us-east-1:${hex(made % IDENTITIES, 8)}-4b5a-c6d7-8e9f-${hex(seed, 12)}`;
    const key = `users/${identity}/photo ${seed}-${made}.png`;
    if (total !== Infinity) keys.push(key);
    const nowMs = Date.now();
    const input = JSON.stringify({
      version: '0',
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time: new Date(nowMs).toISOString(),
      detail: {
        bucket: { name: BENCH_BUCKET },
        object: { key, size: 120_000, etag: hex(made, 32), 'version-id': `v${seed}.${made}` },
        reason: 'PutObject',
      },
    });
    const arn = `arn:aws:states:us-east-1:${ACCOUNT}:execution:${MACHINE}:run-${seed}-${made}`;
    return { arn, input, states, nextId: 1, nowMs };
  }

  function recordOf(running: Running): { line: string; state: string | undefined; last: boolean } {
    const id = running.nextId;
    running.nextId += 1;
    running.nowMs += 3;
    const lastId = running.states * 5 + 2;
    let type: string;
    let details: object;
    let state: string | undefined;
    if (id === 1) {
      type = 'ExecutionStarted';
      details = {
        input: running.input,
        inputDetails: { truncated: false },
        roleArn: `arn:aws:iam::${ACCOUNT}:role/PhotoPipelineRole`,
      };
    } else if (id === lastId) {
      type = 'ExecutionSucceeded';
      details = { output: payloadText(random, 'done'), outputDetails: { truncated: false } };
    } else {
      const index = Math.floor((id - 2) / 5);
      const name = BENCH_STATES[index % BENCH_STATES.length] ?? 'State';
      const task = { resource: 'invoke', resourceType: 'lambda' };
      switch ((id - 2) % 5) {
        case 0:
          type = 'TaskStateEntered';
          details = { name, input: payloadText(random, name), inputDetails: { truncated: false } };
          break;
        case 1:
          type = 'TaskScheduled';
          details = { ...task, region: 'us-east-1', parameters: payloadText(random, name) };
          break;
        case 2:
          type = 'TaskStarted';
          details = task;
          break;
        case 3:
          type = 'TaskSucceeded';
          details = { ...task, output: payloadText(random, name), outputDetails: { truncated: false } };
          break;
        default:
          type = 'TaskStateExited';
          state = name;
          details = { name, output: payloadText(random, name), outputDetails: { truncated: false } };
      }
    }
    const line = JSON.stringify({
      id: String(id),
      type,
      details,
      previous_event_id: String(id - 1),
      event_timestamp: String(running.nowMs),
      execution_arn: running.arn,
      redrive_count: '0',
    });
    return { line, state, last: id === lastId };
  }

  /** A slot with something to tell, beginning with `slot`; undefined when there is none any more. */
  function busy(slot: number): number | undefined {
    for (let step = 0; step < executions; step += 1) {
      const at = (slot + step) % executions;
      if (slots[at] !== undefined || made < total) return at;
      if (total === Infinity) break;
    }
    return undefined;
  }

  function payload(): BenchPayload {
    const lines: { line: string; atMs: number }[] = [];
    const exits: string[] = [];
    for (let group = 0; group < executionsTogether; group += 1) {
      turn = (turn + stride) % executions;
      const slot = busy(turn);
      if (slot === undefined) break;
      // The first execution of a slot is shorter than the others, so that they do not all end together.
      const isFirst = slots[slot] === undefined;
      const running = (slots[slot] ??= begin(
        isFirst && total === Infinity ? 1 + (slot % BENCH_STATES.length) : BENCH_STATES.length,
      ));
      for (let record = 0; record < recordsTogether; record += 1) {
        const { line, state, last } = recordOf(running);
        lines.push({ line, atMs: running.nowMs });
        if (state !== undefined) exits.push(latencyKey(running.arn, state));
        if (!last) continue;
        ended += 1;
        slots[slot] = made < total ? begin(BENCH_STATES.length) : undefined;
        break;
      }
    }
    const body = JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: ACCOUNT,
      logGroup: `/aws/vendedlogs/states/${MACHINE}`,
      logStream: `states/${MACHINE}/2026-11-03-10-15/4f0e2d1c`,
      subscriptionFilters: ['stepcast'],
      logEvents: lines.map(({ line, atMs }, index) => ({
        id: `${'3'.repeat(48)}${hex(index, 8)}`,
        timestamp: atMs,
        message: line,
      })),
    });
    return {
      payload: { awslogs: { data: gzipSync(body).toString('base64') } },
      events: lines.length,
      exits,
    };
  }

  return {
    next: (count) => Array.from({ length: count }, payload).filter((one) => one.events > 0),
    keys,
    get ended() {
      return ended;
    },
  };
}
