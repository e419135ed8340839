import { topicSpace } from '@stepcast/contracts';
import { deploymentNames, QUEUE_NAMES } from '@stepcast/wire';
import { describe, expect, it } from '@jest/globals';
import { completeSetup } from '../application/gather-evidence.ts';
import { UsageError } from '../errors.ts';
import { known } from '../domain/evidence.ts';
import type { Setup } from '../domain/setup.ts';
import { healthyChain, healthySetup } from '../testing/fixtures.ts';
import { snapshotSources } from '../testing/snapshot-sources.ts';
import { stagedAges, stagedQueues } from './adapters/staged-queues.ts';
import { readPlace } from './options.ts';
import type { OperatorQueues } from './ports.ts';

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
    const outputs = known({ Stage: 'dev', TopicNamespace: 'stepcast-dev/v1', Bucket: 'b' });
    const { sources } = snapshotSources({ ...healthyChain, stackOutputs: outputs });
    return (await completeSetup(setup, sources)).setup;
  };

  it('looks at everything by the names of the stage that the stack says', async () => {
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

  it('finds queues and their ages under the names of the stage', async () => {
    const asked: string[] = [];
    const note = (name: string) => {
      asked.push(name);
      return Promise.resolve();
    };
    const queues: OperatorQueues = {
      depth: async (name) => {
        await note(name);
        return undefined;
      },
      send: note,
      receive: async (name) => {
        await note(name);
        return [];
      },
      delete: note,
      release: note,
    };
    const staged = stagedQueues(queues, names);
    await staged.depth(QUEUE_NAMES.uploads);
    await staged.send(QUEUE_NAMES.events, '{}');
    await staged.receive(QUEUE_NAMES.deadLetters, 1);
    await staged.delete(QUEUE_NAMES.status, 'r');
    await staged.release('somebody-elses', 'r');
    expect(asked).toEqual([
      'stepcast-dev-uploads',
      'stepcast-dev-events.fifo',
      'stepcast-dev-dead-letters',
      'stepcast-dev-status',
      'somebody-elses',
    ]);
    const ages = stagedAges({ oldest: (of) => Promise.resolve(new Map(of.map((name) => [name, 1]))) }, names);
    expect(await ages.oldest([QUEUE_NAMES.uploads])).toEqual(new Map([[QUEUE_NAMES.uploads, 1]]));
  });
});
