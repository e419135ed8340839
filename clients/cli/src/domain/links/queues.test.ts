import { describe, expect, it } from 'vitest';
import { QUEUE_NAMES } from '@stepcast/wire';
import { healthyChain, healthySetup, notFound, queue, queues } from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { queuesExist } from './queues.ts';

describe('queues', () => {
  it('finds one that is missing, and one of the wrong kind', () => {
    expectBroken('queues.exist', {
      chain: { queues: queues([QUEUE_NAMES.events, notFound]) },
      says: /the queue stepcast-events\.fifo \(events\) does not exist/,
      repair: /create-queue --queue-name stepcast-events\.fifo --attributes FifoQueue=true/,
    });
    expectBroken('queues.exist', {
      chain: { queues: queues(queue(QUEUE_NAMES.progress, { fifo: false })) },
      says: /must be FIFO/,
      repair: /create-queue/,
      mends: false,
    });
  });

  it('asks for the progress queue only where correlator and publisher run apart', () => {
    const chain = { queues: queues([QUEUE_NAMES.progress, notFound]) };
    expectBroken('queues.exist', {
      setup: { size: 'large' },
      chain,
      says: /the queue stepcast-progress\.fifo \(progress\) does not exist/,
      repair: /create-queue --queue-name stepcast-progress\.fifo/,
    });
    for (const size of ['small', undefined] as const)
      expect(queuesExist.check({ ...healthySetup, size }, { ...healthyChain, ...chain }).verdict).toBe(
        'pass',
      );
  });

  it('finds that EventBridge may not send', () => {
    expectBroken('queues.policy', {
      chain: { queues: queues(queue(QUEUE_NAMES.uploads, { policy: undefined })) },
      verdict: 'warn',
      says: /does not let events\.amazonaws\.com send/,
      repair: /set-queue-attributes/,
    });
  });

  it('warns of dead letters, and does not advise to delete them', () => {
    const result = expectBroken('queues.deadLetters', {
      chain: { queues: queues(queue(QUEUE_NAMES.deadLetters, { messages: 3 })) },
      verdict: 'warn',
      says: /3 messages in stepcast-dead-letters/,
      repair: /receive-message/,
      mends: false,
    });
    expect(result.repair.join('\n')).not.toMatch(/purge|delete/);
  });

  it('finds a redrive to a queue of the other kind, and one that gives up at once', () => {
    expectBroken('queues.deadLetters', {
      chain: {
        queues: queues(
          queue(QUEUE_NAMES.events, {
            redrive: {
              targetArn: `arn:aws:sqs:us-east-1:111122223333:${QUEUE_NAMES.deadLetters}`,
              maxReceiveCount: 5,
            },
          }),
        ),
      },
      says: /a FIFO queue needs a FIFO queue there/,
      repair: /RedrivePolicy=/,
    });
    expectBroken('queues.deadLetters', {
      chain: {
        queues: queues(
          queue(QUEUE_NAMES.uploads, {
            redrive: {
              targetArn: `arn:aws:sqs:us-east-1:111122223333:${QUEUE_NAMES.deadLetters}`,
              maxReceiveCount: 1,
            },
          }),
        ),
      },
      verdict: 'warn',
      says: /gives a message up after 1 receive/,
      repair: /maxReceiveCount/,
    });
  });
});
