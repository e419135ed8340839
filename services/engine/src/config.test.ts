import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment } from '@stepcast/kit';
import { readEngineConfig } from './config.ts';

const queue = (name: string) => `https://sqs.us-east-1.amazonaws.com/111122223333/${name}`;
const enough: Environment = {
  STEPCAST_BUCKET: 'uploads-one',
  STEPCAST_UPLOADS_QUEUE_URL: queue('uploads'),
  STEPCAST_STATUS_QUEUE_URL: queue('status'),
  STEPCAST_DEAD_LETTER_QUEUE_URL: queue('dead-letters'),
  STEPCAST_MQTT_URL: 'mqtt://127.0.0.1:1883',
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    readEngineConfig(environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

describe('the configuration of the engine', () => {
  it('needs neither an events queue nor a progress queue, and has room and time for payloads', () => {
    const config = readEngineConfig(enough);
    expect(config).toMatchObject({
      bucket: new Set(['uploads-one']),
      startMode: 'observed',
      mqttUrl: 'mqtt://127.0.0.1:1883',
      maxPayloads: 128,
      payloadTimeoutMs: 25_000,
    });
    expect(config.eventsQueueUrl).toBeUndefined();
    expect(config).not.toHaveProperty('progressQueueUrl');
    expect(config).not.toHaveProperty('publisherCopies');
  });

  it('has payloads in hand of 4 MiB at most: 16 MiB, compressed, once could take 288 MB of the heap', () => {
    expect(readEngineConfig(enough).maxPayloadBytes).toBe(4_194_304);
  });

  it('reads the events queue of a forwarder of its own when there is one', () => {
    const config = readEngineConfig({ ...enough, STEPCAST_EVENTS_QUEUE_URL: queue('events.fifo') });
    expect(config.eventsQueueUrl).toBe(queue('events.fifo'));
  });

  it('tells every problem of every part at once', () => {
    const problems = problemsOf({
      ...enough,
      STEPCAST_BUCKET: '',
      STEPCAST_EVENTS_QUEUE_URL: 'events',
      STEPCAST_START_MODE: 'managed',
      STEPCAST_MQTT_URL: 'http://broker',
      STEPCAST_PROJECTIONS: '[{"name":1}]',
      STEPCAST_ENGINE_MAX_PAYLOADS: '0',
    });
    expect(new Set(problems.map((problem) => problem.split(/[ :]/)[0]))).toEqual(
      new Set([
        'STEPCAST_BUCKET',
        'STEPCAST_EVENTS_QUEUE_URL',
        'STEPCAST_STATE_MACHINE_ARN',
        'STEPCAST_MQTT_URL',
        'STEPCAST_PROJECTIONS',
        'STEPCAST_ENGINE_MAX_PAYLOADS',
      ]),
    );
  });
});
