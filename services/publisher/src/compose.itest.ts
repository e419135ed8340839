import { ECSClient } from '@aws-sdk/client-ecs';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseJson, ProgressMessage, StateMessage, topicSpace } from '@stepcast/contracts';
import { DeadLetter } from '@stepcast/wire';
import { createMetrics, silentLogger, systemClock, systemTimers } from '@stepcast/kit';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import { createPublisher, type Publisher } from './compose.ts';
import { readPublisherConfig } from './config.ts';
import { startLimitBroker, type LimitBroker } from './testing/limit-broker.ts';
import { sampleHandover, sampleStream, uploadOf, type SampleStream } from './testing/samples.ts';
import { startTestCloud, type TestCloud } from './testing/test-cloud.ts';

const topics = topicSpace();
const topicOf = (stream: SampleStream, kind: 'events' | 'state') =>
  topics.build({ kind, identityId: stream.identityId, uploadId: uploadOf(stream) });

function offsetsOf(broker: LimitBroker, stream: SampleStream): number[] {
  return broker.seen
    .filter(({ topic }) => topic === topicOf(stream, 'events'))
    .flatMap(({ payload }) => {
      const parsed = parseJson(ProgressMessage, payload.toString());
      return parsed.ok ? parsed.value.data.events.map(({ offset }) => Number(offset)) : [];
    });
}

function environmentOf(cloud: TestCloud, broker: LimitBroker): Record<string, string> {
  return {
    STEPCAST_PROGRESS_QUEUE_URL: cloud.progressQueueUrl,
    STEPCAST_DEAD_LETTER_QUEUE_URL: cloud.deadLetterQueueUrl,
    STEPCAST_JOURNAL_TABLE: cloud.table.tableName,
    STEPCAST_MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
    PORT: '0',
  };
}

/** Is asked nothing: no copy is a task of ECS here. */
const ecs = new ECSClient({ region: 'us-east-1' });

describe('the whole publisher', () => {
  let cloud: TestCloud;
  let broker: LimitBroker;
  let publisher: Publisher;
  const stream = sampleStream();

  function copy(name: string): Publisher {
    let ids = 0;
    return createPublisher({
      config: readPublisherConfig(environmentOf(cloud, broker)),
      clients: { sqs: cloud.sqs, dynamodb: cloud.table.client, ecs },
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      ids: () => `${name}-${(ids += 1)}`,
      logger: silentLogger,
      metrics: createMetrics('publisher_'),
      // A long poll that was called off may still be given a message, which then is hidden from all for a while.
      queue: { waitTimeSeconds: 1, visibilityTimeoutSeconds: 2 },
    });
  }

  beforeEach(async () => {
    cloud = await startTestCloud();
    broker = await startLimitBroker({ retainedIntervalMs: 1_000 });
    publisher = copy('test');
  });

  afterEach(async () => {
    await publisher.stop({ force: true });
    await broker.close();
    await cloud.close();
  });

  it('publishes handovers in order, and the final state retained', async () => {
    expect(publisher.health()).toEqual({ healthy: false, problems: { publisher: 'not running' } });
    await publisher.start();
    await cloud.hand(sampleHandover(stream, 1, 2));
    await cloud.hand(sampleHandover(stream, 3, 3));
    await cloud.hand(sampleHandover(stream, 4, 6, { status: 'succeeded' }));
    const state = topicOf(stream, 'state');
    await broker.until(() => broker.retained(state)?.includes('"succeeded"') === true);

    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3, 4, 5, 6]);
    const last = parseJson(StateMessage, broker.retained(state)?.toString() ?? '');
    expect(last.ok && last.value.data).toMatchObject({ status: 'succeeded', position: { offset: 6 } });
    expect(broker.violations).toEqual([]);
    expect(publisher.health().healthy).toBe(true);
    await publisher.stop({ force: false });
  });

  it('puts what it cannot take into the dead-letter queue', async () => {
    await publisher.start();
    await cloud.sendRaw('a group', '{"version":1}\n\n{}');
    await cloud.hand(sampleHandover(stream, 2, 2));
    await broker.until((seen) => seen.some(({ topic }) => topic === topicOf(stream, 'events')));
    const { Messages = [] } = await cloud.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.deadLetterQueueUrl, WaitTimeSeconds: 5 }),
    );
    const letter = parseJson(DeadLetter, Messages[0]?.Body ?? '');
    expect(letter.ok && letter.value).toMatchObject({
      code: 'PUBLISHER_HANDOVER_INVALID',
      reason: expect.stringContaining('$.version'),
    });
  });

  it('gives back what is in hand when it is stopped by force, and another copy publishes it', async () => {
    await broker.close();
    // Says nothing: what arrives stays in hand.
    broker = await startLimitBroker({ beforeAck: () => Promise.withResolvers<void>().promise });
    publisher = copy('first');
    await publisher.start();
    const inHand = broker.arrival(({ topic }) => topic === topicOf(stream, 'events'));
    await cloud.hand(sampleHandover(stream, 1, 1));
    await inHand;
    await publisher.stop({ force: true });
    await broker.close();
    broker = await startLimitBroker();
    publisher = copy('other');
    await publisher.start();
    await broker.until((seen) => seen.some(({ topic }) => topic === topicOf(stream, 'events')));
    expect(offsetsOf(broker, stream)).toEqual([1]);
  });
});

describe('the container', () => {
  let child: RunningChild | undefined;

  function startMain(env: Readonly<Record<string, string>>): RunningChild {
    child = startChildProcess(
      process.execPath,
      ['--conditions=stepcast-source', '--disable-warning=ExperimentalWarning', 'main.ts'],
      { cwd: import.meta.dirname, env },
    );
    return child;
  }

  afterEach(async () => {
    await child?.end();
  });

  it('drains at SIGTERM: what it took is published, then it ends with 0', async () => {
    const cloud = await startTestCloud();
    const slow = Promise.withResolvers<void>();
    const broker = await startLimitBroker({
      beforeAck: ({ topic }) => (topic.endsWith('/events') ? slow.promise : Promise.resolve()),
    });
    const stream = sampleStream();
    const child = startMain({
      ...environmentOf(cloud, broker),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_SQS: cloud.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: cloud.table.endpoint,
    });
    const arrived = broker.arrival(({ topic }) => topic === topicOf(stream, 'events'));
    await cloud.hand(sampleHandover(stream, 1, 3));
    await arrived;
    child.signal('SIGTERM');
    await child.waitForOutput(/stop requested/);
    slow.resolve();
    await expect(child.exited).resolves.toMatchObject({ code: 0 });
    expect(offsetsOf(broker, stream)).toEqual([1, 2, 3]);
    expect(broker.retained(topicOf(stream, 'state'))?.includes('"offset":3')).toBe(true);
    const { Messages = [] } = await cloud.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: cloud.progressQueueUrl, WaitTimeSeconds: 0 }),
    );
    expect(Messages).toEqual([]);
    await broker.close();
    await cloud.close();
  });
});
