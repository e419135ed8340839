import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment } from '@stepcast/kit';
import { readCorrelatorConfig } from './config.ts';

const queue = (name: string) => `https://sqs.us-east-1.amazonaws.com/111122223333/${name}`;
const enough: Environment = {
  STEPCAST_BUCKET: 'uploads-one, uploads-two',
  STEPCAST_UPLOADS_QUEUE_URL: queue('uploads'),
  STEPCAST_STATUS_QUEUE_URL: queue('status'),
  STEPCAST_EVENTS_QUEUE_URL: queue('events'),
  STEPCAST_PROGRESS_QUEUE_URL: queue('progress'),
  STEPCAST_DEAD_LETTER_QUEUE_URL: queue('dead-letters'),
};

function problemsOf(environment: Environment): readonly string[] {
  try {
    readCorrelatorConfig(environment);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

describe('the configuration of the correlator', () => {
  it('names the buckets whose prefixes are trusted', () => {
    expect(readCorrelatorConfig(enough).bucket).toEqual(new Set(['uploads-one', 'uploads-two']));
  });

  it('is refused when no bucket is named, since then every bucket could say whose an upload is', () => {
    expect(problemsOf({ ...enough, STEPCAST_BUCKET: undefined })).toEqual(['STEPCAST_BUCKET is not set']);
    expect(problemsOf({ ...enough, STEPCAST_BUCKET: 'uploads-one,,' })).toEqual([
      'STEPCAST_BUCKET: a bucket name between commas is empty',
    ]);
  });

  it('names every problem at once', () => {
    expect(
      problemsOf({
        ...enough,
        STEPCAST_BUCKET: '',
        STEPCAST_EVENTS_QUEUE_URL: 'events',
        STEPCAST_START_MODE: 'managed',
        STEPCAST_RETENTION_SECONDS: '60',
        STEPCAST_KEY_TEMPLATE: 'no-identity/',
        STEPCAST_PROJECTIONS: '[{"name":1}]',
      }).map((problem) => problem.split(/[ :]/)[0]),
    ).toEqual(
      expect.arrayContaining([
        'STEPCAST_BUCKET',
        'STEPCAST_EVENTS_QUEUE_URL',
        'STEPCAST_STATE_MACHINE_ARN',
        'STEPCAST_RETENTION_SECONDS',
        'STEPCAST_KEY_TEMPLATE',
        'STEPCAST_PROJECTIONS',
      ]),
    );
  });
});
