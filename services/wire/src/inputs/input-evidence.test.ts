import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import fc from 'fast-check';
import * as z from 'zod';
import { evidenceOf } from './input-evidence.ts';

const IDENTITY = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const PARENT = 'arn:aws:states:us-east-1:111122223333:execution:Parent:p-1';

function fixture(name: string): Record<string, unknown> {
  const url = new URL(`../../../../test/fixtures/events/${name}`, import.meta.url);
  const parsed = parseJson(z.record(z.string(), z.unknown()), readFileSync(url, 'utf8'));
  if (!parsed.ok) throw new Error(name);
  return parsed.value;
}

const event = fixture('s3-object-created-eventbridge.json');
const notification = fixture('s3-notification.json');
const cloudTrail = fixture('s3-cloudtrail-put-object.json');
const bucket = 'progress-uploads-111122223333';
const key = `users/${IDENTITY}/uploads/scan 01.png`;
const versionId = 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e';
const sequencer = '0069088CF1A7C3B2D4';

function find(input: unknown) {
  return evidenceOf(JSON.stringify(input));
}

describe('evidenceOf', () => {
  it.each([
    [
      'an EventBridge event',
      event,
      'eventBridge',
      { sequencer, createdMs: Date.UTC(2026, 10, 3, 10, 15, 29) },
    ],
    ['the detail of one', event.detail, 'eventBridgeDetail', { sequencer, createdMs: null }],
    ['an S3 notification, whose key is encoded', notification, 's3Notification', { sequencer }],
    [
      'a CloudTrail event',
      { 'detail-type': 'AWS API Call via CloudTrail', detail: cloudTrail },
      'cloudTrail',
      {},
    ],
    ['a bare CloudTrail record', cloudTrail, 'cloudTrail', {}],
    ['a flat form', { bucket, key, versionId, sequencer }, 'flat', { sequencer }],
    ['the flat form of the API', { Bucket: bucket, Key: key, VersionId: versionId }, 'flat', {}],
    ['an SQS message', { body: JSON.stringify(event) }, 'queueMessage', { sequencer }],
    [
      'an SQS event of one',
      { Records: [{ body: JSON.stringify(notification) }] },
      'queueMessage',
      { sequencer },
    ],
    ['a list of one, as a Pipe makes it', [{ body: JSON.stringify(event) }], 'queueMessage', { sequencer }],
    [
      'an S3 notification in SNS in SQS',
      { Records: [{ body: JSON.stringify({ Message: JSON.stringify(notification) }) }] },
      'queueMessage',
      { sequencer },
    ],
  ])('finds the object in %s', (_name, input, shape, more) => {
    const found = find(input);
    expect(found).toMatchObject({ shape, object: { bucket, key, ...more } });
  });

  it('finds the version where there is one', () => {
    for (const input of [event, notification, { bucket, key, versionId }])
      expect(find(input)?.object?.versionId).toBe(versionId);
  });

  it('finds who CloudTrail saw, and nobody when the federation is another', () => {
    expect(find(cloudTrail)?.callerIdentity).toBe(IDENTITY);
    const other = JSON.stringify(cloudTrail).replace(
      '"federatedProvider":"cognito-identity.amazonaws.com"',
      '"federatedProvider":"accounts.google.com"',
    );
    expect(evidenceOf(other)?.callerIdentity).toBeUndefined();
  });

  it('does not decode a raw key: a plus sign and a percent sign stay what they are', () => {
    expect(find({ bucket, key: 'a+b%20c' })?.object?.key).toBe('a+b%20c');
  });

  it('decodes the key of a notification as a form does', () => {
    const text = JSON.stringify(notification).replace('scan+01.png', 'a%2Bb+%C3%BC%F0%9F%98%80.png');
    expect(evidenceOf(text)?.object?.key).toMatch(/uploads\/a\+b ü😀\.png$/);
    expect(evidenceOf(JSON.stringify(notification).replace('scan+01.png', '%E0%A4%A'))).toBeUndefined();
  });

  it('takes from each form all that it says of the object', () => {
    const createdMs = Date.UTC(2026, 10, 3, 10, 15, 29);
    const minimal = { bucket: { name: bucket }, object: { key } };
    const absent = { versionId: undefined, etag: undefined, sequencer: undefined };
    expect(find(minimal)).toEqual({
      shape: 'eventBridgeDetail',
      object: { bucket, key, ...absent, sizeBytes: undefined, createdMs: null },
    });
    const full = { key, size: 3, etag: 'e', 'version-id': 'v', sequencer };
    const event = { source: 'aws.s3', 'detail-type': 'Object Created', time: '2026-11-03T10:15:29Z' };
    expect(find({ ...event, detail: { ...minimal, object: full } })?.object).toEqual({
      bucket,
      key,
      versionId: 'v',
      etag: 'e',
      sequencer,
      sizeBytes: 3,
      createdMs,
    });
    const record = (object: object, eventTime?: unknown) => ({
      eventSource: 'aws:s3',
      eventTime,
      s3: { bucket: { name: bucket }, object },
    });
    expect(
      find(record({ key: 'k', size: 3, eTag: 'e', versionId: 'v', sequencer }, '2026-11-03T10:15:29Z')),
    ).toEqual({
      shape: 's3Notification',
      object: { bucket, key: 'k', versionId: 'v', etag: 'e', sequencer, sizeBytes: 3, createdMs },
    });
    expect(find(record({ key: 'k', versionId: null, eTag: '' }, 'once'))?.object).toEqual({
      bucket,
      key: 'k',
      ...absent,
      sizeBytes: undefined,
      createdMs: null,
    });
    expect(find({ bucket, key, versionId: null, etag: 'e', sequencer: '' })).toEqual({
      shape: 'flat',
      object: { bucket, key, versionId: undefined, etag: 'e', sequencer: undefined, createdMs: null },
    });
    expect(find({ Bucket: bucket, Key: key, ETag: 'e' })?.object).toEqual({
      bucket,
      key,
      versionId: undefined,
      etag: 'e',
      sequencer: undefined,
      createdMs: null,
    });
    expect(find({ Sns: { Message: JSON.stringify(minimal) } })?.object?.key).toBe(key);
    expect(find({ Body: JSON.stringify(minimal) })?.object?.key).toBe(key);
  });

  it('takes a call for an upload only when it names caller, bucket and key', () => {
    const call = {
      eventSource: 's3.amazonaws.com',
      eventName: 'PutObject',
      eventTime: '2026-11-03T10:15:29Z',
      userIdentity: {},
      requestParameters: { bucketName: bucket, key },
      responseElements: { 'x-amz-version-id': 'v' },
    };
    expect(find(call)).toEqual({
      shape: 'cloudTrail',
      object: { bucket, key, versionId: 'v', createdMs: Date.UTC(2026, 10, 3, 10, 15, 29) },
    });
    expect(find({ ...call, responseElements: null, eventTime: null })?.object).toEqual({
      bucket,
      key,
      versionId: undefined,
      createdMs: null,
    });
    expect(find({ ...call, eventSource: 'sqs.amazonaws.com' })).toBeUndefined();
    expect(find({ ...call, requestParameters: { key } })).toBeUndefined();
    const federated = (data: unknown) =>
      find({ ...call, userIdentity: { sessionContext: { webIdFederationData: data } } })?.callerIdentity;
    const attributes = { 'cognito-identity.amazonaws.com:sub': IDENTITY };
    expect(federated({ federatedProvider: 'cognito-identity.amazonaws.com', attributes })).toBe(IDENTITY);
    expect(federated({ federatedProvider: 'cognito-identity.amazonaws.com' })).toBeUndefined();
    expect(federated(null)).toBeUndefined();
    expect(find({ ...call, userIdentity: { sessionContext: null } })?.callerIdentity).toBeUndefined();
  });

  it('unwraps four wrappings, not five', () => {
    const wrap = (times: number) => {
      let input: unknown = event;
      for (let depth = 0; depth < times; depth += 1) input = { body: JSON.stringify(input) };
      return find(input)?.object?.key;
    };
    expect([wrap(1), wrap(4), wrap(5)]).toEqual([key, key, undefined]);
  });

  it('finds the parent of a nested execution, beside its own object or alone', () => {
    const nested = { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: PARENT };
    expect(find(nested)).toEqual({ shape: 'nested', parent: PARENT });
    expect(find({ ...nested, bucket, key })).toMatchObject({
      shape: 'flat',
      parent: PARENT,
      object: { key },
    });
    expect(find({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: 'nonsense' })).toBeUndefined();
  });

  it('takes no input that names several objects for one', () => {
    const [record] = z.array(z.unknown()).parse(notification.Records);
    expect(find({ Records: [record, record] })).toBeUndefined();
    expect(find([{ body: JSON.stringify(event) }, { body: JSON.stringify(event) }])).toBeUndefined();
  });

  it('ends at a message in a message in a message without end', () => {
    let input: unknown = event;
    for (let depth = 0; depth < 50; depth += 1) input = { body: JSON.stringify(input).slice(0, 100_000) };
    expect(find(input)).toBeUndefined();
  });

  it('finds nothing in anything else, and never throws', () => {
    for (const input of [
      '',
      '{',
      '[]',
      'null',
      '{"orderId":1}',
      '{"bucket":"","key":"k"}',
      '{"bucket":1,"key":"k"}',
    ])
      expect(evidenceOf(input)).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), (input) => {
        evidenceOf(input);
      }),
    );
  });
});
