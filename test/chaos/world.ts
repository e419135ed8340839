import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import {
  createInMemoryJournal,
  findMosquitto,
  startFaultProxy,
  type FaultProxy,
} from '@stepcast/publisher/testing';
import { IdentityId } from '@stepcast/contracts';
import {
  createProgressClient,
  type ProgressClient,
  type Runtime,
  systemRuntime,
  type Transport,
  webSocketTransport,
} from '@stepcast/web';
import { startPipeline, type Pipeline, type PipelineOptions } from '../bench/pipeline.ts';
import { BENCH_BUCKET, createWorkload, type BenchPayload } from '../bench/workload.ts';
import { freePort } from '../support/free-port.ts';

/** A Mosquitto that can be killed, stopped and started again on the same ports. */
export interface ChaosBroker {
  readonly port: number;
  readonly wsPort: number;
  /** SIGKILL: whatever it had in memory is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open, nothing is answered. */
  stall(stalled: boolean): void;
  close(): Promise<void>;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const accepted = await promise;
  socket.destroy();
  return accepted;
}

/** Undefined where there is no Mosquitto. */
export async function startChaosBroker(): Promise<ChaosBroker | undefined> {
  const binary = findMosquitto();
  if (binary === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-chaos-'));
  const [port, wsPort] = [await freePort(), await freePort()];
  const file = join(directory, 'mosquitto.conf');
  const lines = [
    'allow_anonymous true',
    'persistence false',
    'log_type none',
    `listener ${port} 127.0.0.1`,
    `listener ${wsPort} 127.0.0.1`,
    'protocol websockets',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  let child: RunningChild | undefined;

  async function kill(): Promise<void> {
    const mine = child;
    if (mine === undefined) return;
    child = undefined;
    await mine.kill();
  }

  const broker: ChaosBroker = {
    port,
    wsPort,
    kill,
    async start() {
      const mine = startChildProcess(binary, ['-c', file], { output: 'ignore' });
      child = mine;
      for (const one of [port, wsPort])
        while (!(await accepts(one)))
          if (mine.exit() !== undefined) throw new Error(`mosquitto ended with ${mine.exit()?.code}`);
    },
    stall(stalled) {
      child?.signal(stalled ? 'SIGSTOP' : 'SIGCONT');
    },
    async close() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await broker.start();
  return broker;
}

/**
 * The client's timers, ten times as fast: what it waits for (10 s for a page that never comes, for one) is not what these
 * tests are after. How long clients wait has tests of its own.
 */
const fastRuntime: Runtime = {
  ...systemRuntime,
  setTimer: (callback, delayMs) => systemRuntime.setTimer(callback, delayMs / 10),
};

/** What one application received of one upload. */
export interface Received {
  readonly offsets: number[];
  readonly discontinuities: string[];
  readonly errors: string[];
}

/** Services, broker and a web client, with a proxy that misbehaves on each of the two ways to the broker. */
export interface ChaosWorld {
  readonly broker: ChaosBroker;
  readonly pipeline: Pipeline;
  readonly toPublisher: FaultProxy;
  readonly toClient: FaultProxy;
  readonly client: ProgressClient;
  /** Client IDs of the web client so far, and the prefix of the publisher's. */
  readonly clientIds: readonly string[];
  readonly publisherId: string;
  readonly payloads: readonly BenchPayload[];
  readonly received: ReadonlyMap<string, Received>;
  /** Every upload has been received to its end. */
  readonly complete: Promise<void>;
  close(): Promise<void>;
}

/** Events of one execution of the workload: uploaded, started, ten states entered and left, succeeded. */
export const EVENTS_OF_AN_EXECUTION = 23;

let worlds = 0;
const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');

export async function startChaosWorld(
  broker: ChaosBroker,
  options: { readonly executions: number; readonly connection?: PipelineOptions['connection'] },
): Promise<ChaosWorld> {
  const toPublisher = await startFaultProxy({ port: broker.port });
  const toClient = await startFaultProxy({ port: broker.wsPort });
  const written = createInMemoryJournal();
  const publisherId = `chaos-${randomUUID().slice(0, 8)}`;
  const pipeline = startPipeline({
    brokerUrl: `mqtt://127.0.0.1:${toPublisher.port}`,
    backlog: 2_000,
    onHandover: (handover) => written.append(handover),
    reading: written.journal,
    clientIdPrefix: publisherId,
    // Mosquitto 2.0.11 (Debian 12) never gets a message of 60 KB through a WebSocket, from any client.
    maxPayloadBytes: 32 * 1024,
    ...(options.connection === undefined ? {} : { connection: options.connection }),
  });
  const workload = createWorkload({
    executions: options.executions,
    total: options.executions,
    identityId,
    // Other uploads in every world: the broker still has the retained states of the last one.
    seed: (worlds += 1),
  });
  const payloads = workload.next(options.executions * 52);

  const clientIds: string[] = [];
  const inner = webSocketTransport({ answerTimeoutMs: 10_000, runtime: fastRuntime });
  const transport: Transport = {
    connect(how) {
      clientIds.push(how.clientId);
      return inner.connect(how);
    },
  };
  const client = createProgressClient({
    region: 'us-east-1',
    endpoint: `ws://127.0.0.1:${toClient.port}/mqtt`,
    credentials: () =>
      Promise.resolve({
        identityId,
        accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        expiration: new Date(Date.now() + 3_600_000),
      }),
    transport,
    runtime: fastRuntime,
    connectTimeoutMs: 10_000,
    backoff: { baseMs: 500, capMs: 2_000 },
    keepAliveSeconds: 20,
    positionCheckMs: 10_000,
  });
  const received = new Map<string, Received>();
  const ends = workload.keys.map((key) => {
    const mine: Received = { offsets: [], discontinuities: [], errors: [] };
    received.set(key, mine);
    const watch = client.watch({ bucket: BENCH_BUCKET, key });
    watch.on('event', ({ event }) => mine.offsets.push(event.offset));
    watch.on('discontinuity', ({ reason }) => mine.discontinuities.push(reason));
    watch.on('error', ({ code }) => mine.errors.push(code));
    return watch.done;
  });
  await client.whenLive();
  return {
    broker,
    pipeline,
    toPublisher,
    toClient,
    client,
    clientIds,
    publisherId,
    payloads,
    received,
    complete: Promise.all(ends).then(() => undefined),
    async close() {
      await client.close();
      await pipeline.stop();
      await toPublisher.close();
      await toClient.close();
    },
  };
}
