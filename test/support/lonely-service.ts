import { join } from 'node:path';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import { ENV } from '@stepcast/wire';

const SERVICES = join(import.meta.dirname, '..', '..', 'services');
/** Nothing listens there: a service waits for what it needs, and is not ready. */
const NOWHERE = 'http://127.0.0.1:9';
const queue = (name: string) => `${NOWHERE}/111122223333/${name}`;

const surroundings = {
  PATH: process.execPath,
  HOST: '127.0.0.1',
  PORT: '0',
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: NOWHERE,
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  [ENV.bucket]: 'uploads',
  [ENV.uploadsQueueUrl]: queue('uploads'),
  [ENV.statusQueueUrl]: queue('status'),
  [ENV.eventsQueueUrl]: queue('events.fifo'),
  [ENV.progressQueueUrl]: queue('progress.fifo'),
  [ENV.deadLetterQueueUrl]: queue('dead-letters'),
  [ENV.mqttUrl]: 'mqtt://127.0.0.1:9',
  [ENV.accountId]: '111122223333',
  [ENV.identityPoolId]: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  [ENV.userPoolId]: 'us-east-1_Ab3dEf9Gh',
  [ENV.userPoolClientId]: '7h2k9q0m4v8t1c6r3p5s0w2x9z',
};

/**
 * What the process of a service writes to standard output, from its start to its stop. Nothing that it needs of AWS is there.
 * @param more further environment variables
 * @param flags of Node
 */
export async function outputOfService(
  service: string,
  more: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<readonly string[]> {
  const child = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', ...flags, join(SERVICES, service, 'src', 'main.ts')],
    { env: { ...surroundings, ...more }, graceMs: 20_000 },
  );
  try {
    await child.waitForOutput(/"msg":"[a-z]+ (ready|started)"/, { timeoutMs: 120_000 });
  } finally {
    await child.end();
  }
  return child.stdout().split('\n');
}
