import { topicSpace } from '@stepcast/contracts';
import { deploymentNames } from '@stepcast/wire';
import { describe, expect, it } from 'vitest';
import { completeSetup } from '../application/gather-evidence.ts';
import { UsageError } from '../errors.ts';
import type { Setup } from '../domain/setup.ts';
import { found, healthyChain, healthySetup } from '../testing/fixtures.ts';
import { snapshotSources } from '../testing/snapshot-sources.ts';
import { readPlace } from './options.ts';

const names = deploymentNames({ stage: 'dev', region: 'us-east-1' });

describe('the doctor and a stage', () => {
  const plain = deploymentNames({ region: 'us-east-1' });
  const given: Setup = {
    ...healthySetup,
    stackName: 'stepcast-dev',
    region: 'us-east-1',
    topics: topicSpace(plain.topicNamespace),
    iotPolicyName: plain.iotPolicy,
    authenticatedRoleName: plain.roles.authenticated,
    guestRoleName: plain.roles.guest,
    forwarderFunctionName: plain.named('forwarder'),
  };
  const completed = async (setup: Setup) => {
    const outputs = { Stage: 'dev', TopicNamespace: 'stepcast-dev/v1', Bucket: 'b' };
    const { sources } = snapshotSources({
      ...healthyChain,
      stack: found({ status: 'CREATE_COMPLETE', outputs }),
    });
    return (await completeSetup(setup, sources)).setup;
  };

  it('checks everything by the names of the stage that the stack says', async () => {
    expect(await completed(given)).toMatchObject({
      stage: 'dev',
      queueNames: names.queues,
      iotPolicyName: 'stepcast-dev-identity',
      authenticatedRoleName: 'stepcast-dev-authenticated-us-east-1',
      guestRoleName: 'stepcast-dev-guest-us-east-1',
      forwarderFunctionName: 'stepcast-dev-forwarder',
      topics: expect.objectContaining({ namespace: 'stepcast-dev/v1' }),
    });
  });

  it('leaves what was given by name', async () => {
    const setup = await completed({
      ...given,
      authenticatedRoleName: 'web-app',
      iotPolicyName: 'ours',
      topics: topicSpace('acme/progress'),
    });
    expect(setup).toMatchObject({
      authenticatedRoleName: 'web-app',
      iotPolicyName: 'ours',
      topics: expect.objectContaining({ namespace: 'acme/progress' }),
    });
  });
});

describe('an operator’s command and a stage', () => {
  it('works on table, topics and queues of the stage', () => {
    const place = readPlace({ region: 'us-east-1', stage: 'dev' }, {});
    expect(place.tableName).toBe('stepcast-dev-journal');
    expect(place.topics?.namespace).toBe('stepcast-dev/v1');
    expect(place.names.queues.uploads).toBe('stepcast-dev-uploads');
  });

  it.each(['dev-two', 'Dev', 'uploads'])('refuses %j, which is no stage', (stage) => {
    expect(() => readPlace({ region: 'us-east-1', stage }, {})).toThrow(UsageError);
  });
});
