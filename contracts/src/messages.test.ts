import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { addressOf, describeIssues, parseJson, ProgressMessage, subjectOf } from './index.ts';

/** The example of the published contract. */
const example = {
  specversion: '1.0',
  id: 'mfzwizdmnnsgk3tpojzxiylmne:3kTq:4-5',
  type: 'dev.stepcast.progress.v1',
  time: '2026-11-03T10:15:31.007Z',
  source: 'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
  subject: 's3://uploads/users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/photo.png',
  datacontenttype: 'application/json',
  data: {
    identityId: 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
    uploadId: 'mfzwizdmnnsgk3tpojzxiylmne',
    epoch: '3kTq',
    epochStartedAt: '2026-11-03T10:15:29.000Z',
    firstOffset: 4,
    lastOffset: 5,
    replay: false,
    events: [
      {
        offset: 4,
        kind: 'stepRetried',
        time: '2026-11-03T10:15:30.900Z',
        executionArn: 'arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:up-5f1c',
        step: { name: 'Resize', type: 'Task', attempt: 2 },
        error: { name: 'Throttled' },
      },
      {
        offset: 5,
        kind: 'stepSucceeded',
        time: '2026-11-03T10:15:31.007Z',
        executionArn: 'arn:aws:states:us-east-1:111122223333:execution:PhotoPipeline:up-5f1c',
        step: { name: 'Resize', type: 'Task', attempt: 2 },
      },
    ],
  },
};

describe('the progress message', () => {
  it('accepts the published example and gives it back unchanged', () => {
    expect(parseJson(ProgressMessage, JSON.stringify(example))).toEqual({ ok: true, value: example });
  });

  it('drops fields that the contract does not name, so that nothing leaks by accident', () => {
    const result = parseJson(
      ProgressMessage,
      JSON.stringify({ ...example, data: { ...example.data, input: 'secret' } }),
    );
    expect(result.ok && JSON.stringify(result.value)).not.toContain('secret');
  });

  it('says where a broken message is broken', () => {
    const result = parseJson(
      ProgressMessage,
      JSON.stringify({ ...example, data: { ...example.data, firstOffset: 0 } }),
    );
    expect(result.ok ? '' : describeIssues(result.issues)).toMatch(/^\$\.data\.firstOffset: /);
    expect(parseJson(ProgressMessage, '{')).toEqual({
      ok: false,
      issues: [{ path: '$', problem: 'not JSON' }],
    });
  });
});

describe('the subject of a message', () => {
  it('is read back as the address that it was made of, whatever the key', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.-]{3,63}$/), fc.string({ minLength: 1 }), (bucket, key) => {
        expect(addressOf(subjectOf(bucket, key))).toEqual({ bucket, key });
      }),
    );
  });

  it.each(['', 's3://', 's3://bucket', 's3://bucket/', 's3:///key', 'https://bucket/key'])(
    'is no address when it is "%s"',
    (subject) => {
      expect(addressOf(subject)).toBeUndefined();
    },
  );
});
