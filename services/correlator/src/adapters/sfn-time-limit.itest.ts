import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SFNClient } from '@aws-sdk/client-sfn';
import { awsClientDefaults, failureKindOf } from '@stepcast/kit';
import { startJsonServer, type JsonServer } from '@stepcast/kit/testing/json-server';
import { createSfnStarter } from './sfn-directory.adapter.ts';

describe('Step Functions that stays silent', () => {
  let server: JsonServer;
  beforeEach(async () => {
    server = await startJsonServer(() => new Promise(() => undefined));
  });
  afterEach(() => server.close());

  it('does not hold up an upload: its client had no time limit, and an upload was not taken within 300 seconds', async () => {
    const client = new SFNClient({
      ...awsClientDefaults({ requestTimeoutMs: 100 }),
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    });
    const stateMachineArn = 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline';
    const starting = createSfnStarter({ client, stateMachineArn }).start('up-1', '{}');
    const thrown: unknown = await starting.catch((reason: unknown) => reason);
    expect(failureKindOf(thrown)).toBe('infrastructure');
    expect(server.seen.map(({ operation }) => operation)).toEqual(Array(3).fill('StartExecution'));
  });
});
