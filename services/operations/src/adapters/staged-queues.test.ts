import { deploymentNames, QUEUE_NAMES } from '@stepcast/wire';
import { describe, expect, it } from 'vitest';
import type { OperatorQueues } from '../ports.ts';
import { stagedAges, stagedQueues } from './staged-queues.ts';

const names = deploymentNames({ stage: 'dev', region: 'us-east-1' });

describe('an operator of a stage', () => {
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
