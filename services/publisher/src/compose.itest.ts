import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseJson, ProgressMessage, StateMessage, topicSpace } from '@stepcast/contracts';
import { createMetrics, silentLogger, systemClock, systemTimers } from '@stepcast/kit';
import { buildApp } from 'fauxqs';
import { createPublisher, type Publisher } from './compose.ts';
import { readPublisherConfig } from './config.ts';
import { createTestTable, type TestTable } from './testing/dynalite-table.ts';
import { startLimitBroker, type LimitBroker } from './testing/limit-broker.ts';
import { sampleHandover, sampleStream, uploadOf } from './testing/samples.ts';

describe('the whole publisher', () => {
  let table: TestTable;
  let broker: LimitBroker;
  let fauxqs: ReturnType<typeof buildApp>;
  let sqs: SQSClient;
  let queueUrl: string;
  let deadLetterUrl: string;
  let publisher: Publisher;

  beforeEach(async () => {
    table = await createTestTable();
    broker = await startLimitBroker({ retainedIntervalMs: 1_000, maxPublishesPerSecond: 100 });
    fauxqs = buildApp({ logger: false });
    const endpoint = await fauxqs.listen({ host: '127.0.0.1', port: 0 });
    sqs = new SQSClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const create = async (QueueName: string, fifo: boolean) => {
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName, ...(fifo ? { Attributes: { FifoQueue: 'true' } } : {}) }),
      );
      return QueueUrl;
    };
    queueUrl = await create('progress.fifo', true);
    deadLetterUrl = await create('dead', false);
    let ids = 0;
    publisher = createPublisher({
      config: readPublisherConfig({
        STEPCAST_PROGRESS_QUEUE_URL: queueUrl,
        STEPCAST_DEAD_LETTER_QUEUE_URL: deadLetterUrl,
        STEPCAST_JOURNAL_TABLE: table.tableName,
        STEPCAST_MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
      }),
      clients: { sqs, dynamodb: table.client },
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      ids: () => `test-${(ids += 1)}`,
      logger: silentLogger,
      metrics: createMetrics('publisher_'),
    });
  });

  afterEach(async () => {
    await publisher.stop({ force: true });
    sqs.destroy();
    await broker.close();
    await table.close();
    await fauxqs.close();
  });

  async function hand(handover: ReturnType<typeof sampleHandover>): Promise<void> {
    const { uploadId, firstOffset } = handover.progress;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(handover),
        MessageGroupId: uploadId,
        MessageDeduplicationId: `${uploadId}-${firstOffset}`,
      }),
    );
  }

  it('publishes handovers in order, and the final state retained', async () => {
    const stream = sampleStream();
    const topics = topicSpace();
    const events = topics.build({
      kind: 'events',
      identityId: stream.identityId,
      uploadId: uploadOf(stream),
    });
    const state = topics.build({ kind: 'state', identityId: stream.identityId, uploadId: uploadOf(stream) });
    await publisher.start();
    await hand(sampleHandover(stream, 1, 2));
    await hand(sampleHandover(stream, 3, 3));
    await hand(sampleHandover(stream, 4, 6, { status: 'succeeded' }));
    await broker.until((seen) => seen.filter(({ topic }) => topic === state).length >= 2);

    const offsets = broker.seen
      .filter(({ topic }) => topic === events)
      .flatMap(({ payload }) => {
        const parsed = parseJson(ProgressMessage, payload.toString());
        return parsed.ok ? parsed.value.data.events.map(({ offset }) => Number(offset)) : [];
      });
    expect(offsets).toEqual([1, 2, 3, 4, 5, 6]);
    const last = parseJson(StateMessage, broker.retained(state)?.toString() ?? '');
    expect(last.ok && last.value.data).toMatchObject({ status: 'succeeded', position: { offset: 6 } });
    expect(broker.violations).toEqual([]);
    await publisher.stop({ force: false });
    expect(publisher.health().healthy).toBe(false);
  });
});
