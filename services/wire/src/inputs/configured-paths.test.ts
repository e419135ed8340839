import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyTemplate, parseJson } from '@stepcast/contracts';
import { InputPaths } from '../records/input-path.ts';
import fc from 'fast-check';
import * as z from 'zod';
import { evidenceOf, findConfigured } from './input-evidence.ts';

const IDENTITY = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const OTHER = 'us-east-1:9a8b7c6d-5e4f-3a2b-1c0d-9e8f7a6b5c4d';
const bucket = 'progress-uploads-111122223333';
const key = `users/${IDENTITY}/uploads/scan 01.png`;
const encoded = `users/${encodeURIComponent(IDENTITY)}/uploads/scan+01.png`;
const template = keyTemplate('users/{identityId}/');

function fixture(name: string): Record<string, unknown> {
  const url = new URL(`../../../../test/fixtures/events/${name}`, import.meta.url);
  const parsed = parseJson(z.record(z.string(), z.unknown()), readFileSync(url, 'utf8'));
  if (!parsed.ok) throw new Error(name);
  return parsed.value;
}

const event = fixture('s3-object-created-eventbridge.json');
const notification = fixture('s3-notification.json');
const [record] = z.array(z.looseObject({ s3: z.looseObject({}) })).parse(notification.Records);

const find = (input: unknown, paths: unknown[]) =>
  evidenceOf(JSON.stringify(input), findConfigured(InputPaths.parse(paths)));

/** Shapes of inputs that published workflows have. */
const published: readonly (readonly [name: string, input: unknown, path: object])[] = [
  [
    'bucket_name and file_key',
    { bucket_name: bucket, file_key: key },
    { bucket: 'bucket_name', key: 'file_key' },
  ],
  [
    'bucketName and objectKey',
    { bucketName: bucket, objectKey: key },
    { bucket: 'bucketName', key: 'objectKey' },
  ],
  ['s3Bucket and s3Key', { s3Bucket: bucket, s3Key: key }, { bucket: 's3Bucket', key: 's3Key' }],
  ['s3_bucket and s3_key', { s3_bucket: bucket, s3_key: key }, { bucket: 's3_bucket', key: 's3_key' }],
  ['_s3_bucket and _s3_key', { _s3_bucket: bucket, _s3_key: key }, { bucket: '_s3_bucket', key: '_s3_key' }],
  [
    'a URI in a manifest (Textract IDP)',
    { manifest: { s3Path: `s3://${bucket}/${key}` } },
    { uri: 'manifest.s3Path' },
  ],
  [
    'a document of GenAI IDP',
    { document: { input_bucket: bucket, input_key: key, status: 'QUEUED' } },
    { bucket: 'document.input_bucket', key: 'document.input_key' },
  ],
  ['the input of Media2Cloud', { input: { bucket, key, uuid: 'x' } }, { event: 'input' }],
  ['an event in a field', { event }, { event: 'event' }],
  ['an event in a list', [event], { event: '@' }],
  ['a record in a list', [record], { event: '@' }],
  [
    'the inner part of a record',
    { s3: record?.s3 },
    { bucket: 's3.bucket.name', key: 's3.object.key', encoding: 'url' },
  ],
  ['two records of the same object', { Records: [record, record] }, { event: 'Records' }],
  ['a key alone, in a bucket that does not change', { name: key }, { bucket: `'${bucket}'`, key: 'name' }],
  ['an event as text', { body: { text: JSON.stringify(event) } }, { event: 'body.text' }],
];

describe('a configured path', () => {
  it.each(published)('finds the object in %s, which says nothing without it', (_name, input, path) => {
    expect(find(input, [])?.object).toBeUndefined();
    expect(find(input, [path])).toMatchObject({ shape: 'configured', object: { bucket, key } });
  });

  it('finds the version where the workflow names it', () => {
    const path = { bucket: 'b', key: 'k', versionId: 'v' };
    expect(find({ b: bucket, k: key, v: 'v1' }, [path])?.object).toMatchObject({ versionId: 'v1' });
    expect(find({ b: bucket, k: key }, [path])?.object).toMatchObject({ versionId: undefined });
    expect(find({ event }, [{ event: 'event' }])?.object?.versionId).toBeDefined();
  });

  it('decodes the key of a flat form that was taken undecoded from a notification', () => {
    const input = { bucket, key: encoded };
    expect(find(input, [])?.object?.key).toBe(encoded);
    expect(find(input, [{ bucket: 'bucket', key: 'key', encoding: 'url' }])).toMatchObject({
      shape: 'configured',
      object: { bucket, key },
    });
  });

  it('never replaces what an input says without it', () => {
    const path = { bucket: 'other.bucket', key: 'other.key' };
    const other = { bucket, key: `users/${OTHER}/x` };
    for (const known of [
      event,
      notification,
      { bucket, key },
      {
        AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID:
          'arn:aws:states:us-east-1:111122223333:execution:Parent:p-1',
      },
    ])
      expect(find({ ...known, other }, [path])).toEqual(find({ ...known, other }, []));
  });

  it('finds nothing where an input names several objects', () => {
    const second = { ...event, detail: { bucket: { name: bucket }, object: { key: `users/${OTHER}/x` } } };
    expect(find([event, second], [{ event: '@' }])).toBeUndefined();
    expect(find([event, { orderId: 1 }], [{ event: '@' }])).toBeUndefined();
    expect(find({ a: bucket, k: [key, `users/${OTHER}/x`] }, [{ bucket: 'a', key: 'k' }])).toBeUndefined();
    expect(
      find(
        { a: key, b: `users/${OTHER}/x` },
        ['a', 'b'].map((one) => ({ bucket: `'${bucket}'`, key: one })),
      ),
    ).toBeUndefined();
    const versions = [
      { bucket, key, versionId: 'v1' },
      { bucket, key, versionId: 'v2' },
    ];
    expect(find({ versions }, [{ event: 'versions' }])).toBeUndefined();
  });

  it('finds nothing in anything else, and never throws', () => {
    const paths = InputPaths.parse([
      { bucket: 'a.b', key: 'a.c', encoding: 'url' },
      { uri: 'u' },
      { event: 'e' },
    ]);
    const configured = findConfigured(paths);
    for (const input of [
      { a: 1 },
      { a: { b: 1, c: [] } },
      { u: 'https://x/y' },
      { u: 's3://only' },
      { e: [[]] },
      { a: { b: 'x', c: '%E0%A4%A' } },
    ])
      expect(evidenceOf(JSON.stringify(input), configured)).toBeUndefined();
    fc.assert(fc.property(fc.json(), (input) => void evidenceOf(input, configured)));
  });

  it('decodes no key of one person into a key of another', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (rest) => {
        const found = find({ bucket, key: `users/${OTHER}/${rest}` }, [
          { bucket: 'bucket', key: 'key', encoding: 'url' },
        ]);
        expect(template.ownerOf(found?.object?.key ?? '')).toEqual({
          kind: 'identity',
          identityId: OTHER,
        });
      }),
    );
  });
});

describe('the setting', () => {
  it.each([
    [{ bucket: 'a' }, 'bucket and key go together'],
    [{ uri: 'a', event: 'b' }, 'takes exactly one of'],
    [{}, 'takes exactly one of'],
    [{ event: 'a', encoding: 'url' }, 'event goes without'],
    [{ uri: 'a[' }, 'a[ is not JMESPath'],
    [{ uri: 'a', decode: true }, 'decode'],
  ])('refuses %j', (path, message) => {
    expect(InputPaths.safeParse([path]).error?.message).toContain(message);
  });
});
