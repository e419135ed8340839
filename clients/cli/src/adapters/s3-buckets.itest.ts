import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3Client } from '@aws-sdk/client-s3';
import { createS3Buckets } from './s3-buckets.adapter.ts';
import { openAwsWire, policy, type AwsWire, type Reply } from '../testing/aws-wire.ts';

let wire: AwsWire;

beforeAll(async () => {
  wire = await openAwsWire();
});
beforeEach(() => wire.reset());
afterAll(() => wire.close());

describe('buckets', () => {
  const buckets = () => createS3Buckets(new S3Client({ ...wire.options(), forcePathStyle: true }));
  const s3Error = (code: string, status: number): Reply => ({
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  });

  it('have a policy, or none', async () => {
    wire.replies.set('GET /b?policy', { body: policy('s3:GetObject') });
    expect(await buckets().policy('b')).toMatchObject({
      value: { found: true, value: { Version: '2012-10-17' } },
    });
    wire.replies.set('GET /b?policy', s3Error('NoSuchBucketPolicy', 404));
    expect(await buckets().policy('b')).toEqual({ state: 'known', value: { found: false } });
  });

  it('have CORS rules, or none, and take them', async () => {
    wire.replies.set('GET /b?cors', {
      body: '<CORSConfiguration><CORSRule><ID>r</ID><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>',
    });
    const rules = await buckets().cors('b');
    expect(rules).toEqual({
      state: 'known',
      value: [
        {
          id: 'r',
          allowedOrigins: ['*'],
          allowedMethods: ['PUT'],
          allowedHeaders: [],
          exposeHeaders: ['ETag'],
          maxAgeSeconds: 60,
        },
      ],
    });
    wire.replies.set('GET /b?cors', s3Error('NoSuchCORSConfiguration', 404));
    expect(await buckets().cors('b')).toEqual({ state: 'known', value: [] });
    wire.replies.set('PUT /b?cors', { body: '' });
    await buckets().putCors('b', rules.state === 'known' ? rules.value : []);
    expect(wire.asked.at(-1)?.body).toContain('<ExposeHeader>ETag</ExposeHeader>');
  });

  it('report to EventBridge or to queues, and have levels', async () => {
    wire.replies.set('GET /b?notification', {
      body: '<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:us-east-1:111122223333:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration><EventBridgeConfiguration/></NotificationConfiguration>',
    });
    expect(await buckets().events('b')).toEqual({
      state: 'known',
      value: { eventBridge: true, queueArns: ['arn:aws:sqs:us-east-1:111122223333:q'] },
    });
    wire.replies.set('GET /b?delimiter', {
      body: '<ListBucketResult><CommonPrefixes><Prefix>users/us-east-1:1f0e/</Prefix></CommonPrefixes></ListBucketResult>',
    });
    expect(await buckets().levelsBelow('b', 'users/')).toEqual({ state: 'known', value: ['us-east-1:1f0e'] });
  });
});
