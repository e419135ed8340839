import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datapointsOf } from '@stepcast/kit/testing';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import { ENV, METRICS_NAMESPACE } from '@stepcast/wire';

const SERVICES = join(import.meta.dirname, '..', '..', '..', 'services');
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

/** The lines of metrics that a service writes from its start to its stop. */
async function linesOf(service: string, more: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const child = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', join(SERVICES, service, 'src', 'main.ts')],
    { env: { ...surroundings, ...more }, graceMs: 20_000 },
  );
  try {
    await child.waitForOutput(/"msg":"[a-z]+ (ready|started)"/, { timeoutMs: 120_000 });
  } finally {
    await child.end();
  }
  return child
    .stdout()
    .split('\n')
    .filter((line) => line.includes('"_aws"'));
}

describe.each(['engine', 'correlator', 'publisher', 'provisioner'])('the process of the %s', (service) => {
  it('writes its start for CloudWatch where the configuration says so, under the name of the deployment', async () => {
    const lines = await linesOf(service, {
      [ENV.metrics]: 'essential',
      [ENV.deployment]: 'stepcast-staging',
    });
    expect(lines.flatMap(datapointsOf)).toContainEqual(
      expect.objectContaining({
        namespace: METRICS_NAMESPACE,
        metricName: 'Started',
        dimensions: { Deployment: 'stepcast-staging' },
        values: [1],
      }),
    );
  });
});

describe('a service whose configuration does not say so', () => {
  it('writes no metrics', async () => {
    expect(await linesOf('provisioner', {})).toEqual([]);
  });
});
