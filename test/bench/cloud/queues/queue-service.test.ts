import { describe, expect, it } from 'vitest';
import { StubQueues } from './queue-service.ts';

const url = (name: string) => `http://127.0.0.1:1/111122223333/${name}`;

function send(queues: StubQueues, name: string): Promise<object> {
  return Promise.resolve(
    queues.service('SendMessage', {
      QueueUrl: url(name),
      MessageBody: 'x',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    }),
  );
}

async function takeOne(queues: StubQueues, name: string): Promise<void> {
  const taken = await queues.service('ReceiveMessage', {
    QueueUrl: url(name),
    MaxNumberOfMessages: 1,
    VisibilityTimeout: 30,
    WaitTimeSeconds: 0,
  });
  const [handle] = JSON.stringify(taken).match(/h-\d+/) ?? [''];
  await queues.service('DeleteMessage', { QueueUrl: url(name), ReceiptHandle: handle });
}

describe('what the bench waits for', () => {
  it('is the queues of one deployment: a message that another left when it stopped held up the overload for ever', async () => {
    const queues = new StubQueues();
    await send(queues, 'apart-stepcast-progress.fifo');
    await send(queues, 'overload-stepcast-events.fifo');
    let isIdle = false;
    const waiting = queues.idle('overload').then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    await takeOne(queues, 'overload-stepcast-events.fifo');
    await waiting;
    expect(queues.sizes()).toMatchObject({ 'apart-stepcast-progress.fifo': 1 });
  });
});

describe('a FIFO queue', () => {
  it('delivers a repeated message once, and refuses one without a deduplication ID as SQS does', async () => {
    const queues = new StubQueues();
    const name = 'apart-stepcast-progress.fifo';
    await send(queues, name);
    await send(queues, name);
    expect(queues.sizes()).toEqual({ [name]: 1 });
    await expect(
      Promise.resolve(
        queues.service('SendMessageBatch', {
          QueueUrl: url(name),
          Entries: [{ Id: '0', MessageBody: 'x', MessageGroupId: 'g' }],
        }),
      ),
    ).rejects.toThrow('needs a deduplication ID');
  });
});
