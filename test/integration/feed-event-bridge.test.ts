import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CorrelationMessage, Epoch, IdentityId, offsetOf, parseJson, uploadIdOf } from '@stepcast/contracts';
import { createFeed } from '@stepcast/correlator';
import {
  AWS_JSON_PROTOCOLS,
  createAwsJson,
  createMetrics,
  systemClock,
  systemTimers,
  type AwsJson,
} from '@stepcast/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { MINISTACK_VERSION, startMiniStack } from '../support/ministack.ts';
import { MOTO_VERSION, startMoto } from '../support/moto.ts';
import { reportNotRun, reportUsed } from '../support/not-run.ts';
import { ToolUnavailable, type RunningServer } from '../support/tool-cache.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const BUS = 'stepcast-feed';
const Arn = z.object({ QueueArn: z.string() });
const Event = z.object({ source: z.string(), 'detail-type': z.string(), detail: CorrelationMessage });

/** Every shape of text that a key may bring into the JSON inside JSON. */
const KEYS = ['scan 01.png', 'ü+ä/Übung.png', 'quote"back\\slash.png', '日本語.pdf', '<&>.svg', "it's.txt"];

function messages(): readonly CorrelationMessage[] {
  return Array.from({ length: 12 }, (_unused, index): CorrelationMessage => {
    const key = `users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/${index}/${KEYS[index % KEYS.length] ?? ''}`;
    return {
      specversion: '1.0',
      id: `message-${index}`,
      type: 'dev.stepcast.correlation.v1',
      time: new Date(Date.UTC(2026, 10, 3, 10, 15, index)).toISOString(),
      source: 'stepcast',
      datacontenttype: 'application/json',
      data: {
        kind: 'uploaded',
        identityId: IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f'),
        uploadId: uploadIdOf('photos', key),
        bucket: 'photos',
        key,
        position: { epoch: Epoch.parse('e1'), offset: offsetOf(index + 1) },
        epochStartedAt: '2026-11-03T10:15:00.000Z',
        proofs: ['keyPrefix'],
        status: 'queued',
      },
    };
  });
}

/** A bus whose events of Stepcast, and no others, go into a queue. */
async function busWithQueue(
  events: AwsJson,
  sqs: AwsJson,
  sqsUrl: (name: string) => string,
): Promise<string> {
  const call = (caller: AwsJson, operation: string, input: object) =>
    caller.send(operation, JSON.stringify(input));
  await call(sqs, 'CreateQueue', { QueueName: 'back-office' });
  const QueueUrl = sqsUrl('back-office');
  const attributes = parseJson(
    z.object({ Attributes: Arn }),
    await call(sqs, 'GetQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  if (!attributes.ok) throw new Error('the queue has no ARN');
  await call(events, 'CreateEventBus', { Name: BUS });
  await call(events, 'PutRule', {
    Name: 'back-office',
    EventBusName: BUS,
    EventPattern: JSON.stringify({ source: ['stepcast'] }),
  });
  await call(events, 'PutTargets', {
    Rule: 'back-office',
    EventBusName: BUS,
    Targets: [{ Id: 'queue', Arn: attributes.value.Attributes.QueueArn }],
  });
  return QueueUrl;
}

async function startOrSay(
  what: string,
  start: () => Promise<RunningServer>,
): Promise<RunningServer | undefined> {
  try {
    return await start();
  } catch (thrown) {
    if (!(thrown instanceof ToolUnavailable)) throw thrown;
    reportNotRun(`the feed on EventBridge of ${what}`, thrown.message);
    return undefined;
  }
}

describe.each([
  ['MiniStack', MINISTACK_VERSION, () => startMiniStack()],
  ['moto', MOTO_VERSION, startMoto],
])('the feed of back offices on EventBridge of %s', (name, version, start) => {
  it('brings every message to a rule on the bus, once and as the contract has it', async () => {
    const server = await startOrSay(name, start);
    if (server === undefined) return;
    onTestFinished(() => server.stop());
    reportUsed(name, version);
    const place = {
      endpoint: () => Promise.resolve(new URL(server.endpoint)),
      region: () => Promise.resolve(region),
      credentials: () => Promise.resolve(credentials),
    };
    const common = { clock: systemClock, timers: systemTimers, random: Math.random };
    const events = createAwsJson({ protocol: AWS_JSON_PROTOCOLS.eventBridge, place, ...common });
    const queues = createAwsJson({ protocol: AWS_JSON_PROTOCOLS.sqs, place, ...common });
    const sqs = new SQSClient({ region, endpoint: server.endpoint, credentials });
    const { feed, close } = createFeed({
      eventBus: BUS,
      endpoint: server.endpoint,
      sqs,
      metrics: createMetrics('stepcast_correlator_'),
      ...common,
    });
    onTestFinished(async () => {
      sqs.destroy();
      await Promise.all([close(), events.close(), queues.close()]);
    });
    const QueueUrl = await busWithQueue(
      events,
      queues,
      (queue) => `${server.endpoint}/000000000000/${queue}`,
    );

    await feed.send(messages());

    const received: CorrelationMessage[] = [];
    while (received.length < messages().length) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
      );
      if (Messages.length === 0) break;
      for (const { Body = '' } of Messages) {
        const event = parseJson(Event, Body);
        if (!event.ok) throw new Error(`no event: ${JSON.stringify(event.issues)}`);
        expect(event.value).toMatchObject({ source: 'stepcast', 'detail-type': event.value.detail.type });
        received.push(event.value.detail);
      }
    }
    const byId = (all: readonly CorrelationMessage[]) => all.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(byId(received)).toEqual(byId(messages()));
  });
});
