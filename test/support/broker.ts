import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { GenericContainer, Wait } from 'testcontainers';
import { runCommand, startChildProcess } from '@stepcast/kit/testing/child-process';
import { freePort } from './free-port.ts';
import { reportNotRun, reportUsed } from './not-run.ts';

/** An MQTT broker without access control, for tests of what is said to it. */
export interface TestBroker {
  /** `Mosquitto in Testcontainers`, `Mosquitto (local binary)` or `aedes (embedded)`. */
  readonly name: string;
  /** `mqtt://127.0.0.1:port` */
  readonly url: string;
  close(): Promise<void>;
}

const IMAGE = 'eclipse-mosquitto:2';
const CONFIG = 'listener 1883\nallow_anonymous true\nmax_inflight_messages 100\n';

/** Whether a Docker engine answers. */
async function dockerEngine(): Promise<boolean> {
  try {
    await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 5_000 });
    return true;
  } catch {
    return existsSync('/var/run/docker.sock') && (await answers('/var/run/docker.sock'));
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(socketPath, () => {
      socket.end();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

async function containerBroker(): Promise<TestBroker> {
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(1883)
    .withCopyContentToContainer([{ content: CONFIG, target: '/mosquitto/config/mosquitto.conf' }])
    .withWaitStrategy(Wait.forLogMessage(/mosquitto version .* running/))
    .withStartupTimeout(60_000)
    .start();
  return {
    name: 'Mosquitto in Testcontainers',
    url: `mqtt://${container.getHost()}:${container.getMappedPort(1883)}`,
    close: async () => {
      await container.stop();
    },
  };
}

function mosquittoBinary(): string | undefined {
  const places = [
    ...(process.env['PATH'] ?? '').split(':'),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/sbin',
  ];
  return places.map((place) => join(place, 'mosquitto')).find((path) => existsSync(path));
}

async function localBroker(binary: string): Promise<TestBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'stepcast-mosquitto-'));
  const port = await freePort();
  const configPath = join(directory, 'mosquitto.conf');
  await writeFile(configPath, CONFIG.replace('listener 1883', `listener ${port} 127.0.0.1`));
  const child = startChildProcess(binary, ['-c', configPath]);
  await child.waitForOutput(/ running/);
  return {
    name: 'Mosquitto (local binary)',
    url: `mqtt://127.0.0.1:${port}`,
    close: async () => {
      await child.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function embeddedBroker(): Promise<TestBroker> {
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => {
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'aedes (embedded)',
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        broker.close(() => {
          resolve();
        });
      });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The most real broker that this machine has: Mosquitto in a container where a Docker engine answers, else a local
 * `mosquitto`, else the embedded one. Says which in the summary of the run, and what was missing.
 */
export async function startRealBroker(): Promise<TestBroker> {
  if (await dockerEngine()) {
    try {
      const broker = await containerBroker();
      reportUsed('MQTT broker', broker.name);
      return broker;
    } catch (thrown) {
      reportNotRun(
        'tests against Mosquitto in Testcontainers',
        `the container of ${IMAGE} did not start: ${String(thrown)}`,
      );
    }
  } else {
    reportNotRun(
      'tests against Mosquitto in Testcontainers',
      'no Docker engine answers; start one to have them',
    );
  }
  const binary = mosquittoBinary();
  const broker = binary === undefined ? await embeddedBroker() : await localBroker(binary);
  if (binary === undefined)
    reportNotRun(
      'tests against a local Mosquitto',
      'there is no mosquitto binary; install Mosquitto to have them',
    );
  reportUsed('MQTT broker', broker.name);
  return broker;
}
