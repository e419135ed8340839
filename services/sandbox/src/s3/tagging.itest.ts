import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucket, codeOf, openS3World, type S3World } from './testing/s3-world.ts';

let world: S3World;
beforeAll(async () => {
  world = await openS3World();
});
afterEach(() => world.reset());
afterAll(() => world.close());

const tagsOf = async (Key: string, more: object = {}) =>
  (await world.s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key, ...more }))).TagSet;
const tag = (Key: string, TagSet: Tag[], more: object = {}) =>
  world.s3.send(new PutObjectTaggingCommand({ Bucket: bucket, Key, Tagging: { TagSet }, ...more }));
const named = (...names: readonly string[]) => names.map((Key) => ({ Key, Value: 'x' }));
const asked = () => world.endpoints.authorizer.asked.map(({ action }) => action);

describe('tags of an object', () => {
  it('come with the upload, are replaced and deleted, and leave the object as it is', async () => {
    await world.put('tags/one', 'content', { Tagging: 'kind=photo&in+album=%C3%BC+%2B+1&empty' });
    expect(await tagsOf('tags/one')).toEqual([
      { Key: 'kind', Value: 'photo' },
      { Key: 'in album', Value: 'ü + 1' },
      { Key: 'empty', Value: '' },
    ]);
    const before = await world.get('tags/one');
    expect(before.TagCount).toBe(3);
    await tag('tags/one', [{ Key: 'owner:team', Value: '家 @ +-=._:/' }]);
    expect(await tagsOf('tags/one')).toEqual([{ Key: 'owner:team', Value: '家 @ +-=._:/' }]);
    await world.s3.send(new DeleteObjectTaggingCommand({ Bucket: bucket, Key: 'tags/one' }));
    expect(await tagsOf('tags/one')).toEqual([]);
    const after = await world.get('tags/one');
    expect(after.bytes.toString()).toBe('content');
    expect(after.TagCount).toBeUndefined();
    expect([after.ETag, after.LastModified]).toEqual([before.ETag, before.LastModified]);
    // A tag is no upload: nothing starts.
    expect(world.created).toHaveLength(1);
  });

  it('are replaced with the next upload, which has none', async () => {
    await world.put('tags/again', 'one', { Tagging: 'a=b' });
    await world.put('tags/again', 'two');
    expect(await tagsOf('tags/again')).toEqual([]);
  });

  it('wait with a multipart upload until it is complete', async () => {
    const target = { Bucket: bucket, Key: 'tags/parts' };
    const { UploadId } = await world.s3.send(
      new CreateMultipartUploadCommand({ ...target, Tagging: 'via=parts' }),
    );
    expect(asked()).toEqual(['s3:PutObject', 's3:PutObjectTagging']);
    const { ETag } = await world.s3.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'x' }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await world.s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }));
    expect(await tagsOf('tags/parts')).toEqual([{ Key: 'via', Value: 'parts' }]);
  });

  it('go with a copy, unless it brings its own', async () => {
    await world.put('tags/source', 'x', { Tagging: 'from=source' });
    const copy = (Key: string, more: object = {}) =>
      world.s3.send(
        new CopyObjectCommand({ Bucket: bucket, Key, CopySource: `${bucket}/tags/source`, ...more }),
      );
    world.reset();
    await copy('tags/copied');
    expect(asked()).toEqual(['s3:GetObject', 's3:GetObjectTagging', 's3:PutObject', 's3:PutObjectTagging']);
    expect(await tagsOf('tags/copied')).toEqual([{ Key: 'from', Value: 'source' }]);
    world.reset();
    await copy('tags/bare', { TaggingDirective: 'REPLACE' });
    expect(asked()).toEqual(['s3:GetObject', 's3:PutObject']);
    expect(await tagsOf('tags/bare')).toEqual([]);
    await copy('tags/other', { TaggingDirective: 'REPLACE', Tagging: 'from=copy' });
    expect(await tagsOf('tags/other')).toEqual([{ Key: 'from', Value: 'copy' }]);
    expect(await codeOf(copy('tags/lost', { Tagging: 'from=copy' }))).toBe('NotImplemented');
    expect(await codeOf(copy('tags/lost', { TaggingDirective: 'MERGE' }))).toBe('InvalidArgument');
    expect(await codeOf(world.get('tags/lost'))).toBe('NoSuchKey');
  });

  it('are signed into a presigned URL and stored by it', async () => {
    const url = await getSignedUrl(
      world.s3,
      new PutObjectCommand({ Bucket: bucket, Key: 'tags/presigned', Tagging: 'by=url' }),
    );
    expect(url).toContain('x-amz-tagging=');
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect(await tagsOf('tags/presigned')).toEqual([{ Key: 'by', Value: 'url' }]);
    expect((await fetch(url.replace('by%3Durl', 'by%3Dme'), { method: 'PUT', body: 'x' })).status).toBe(403);
  });
});

describe('limits', () => {
  const longest = { Key: '𝒦'.repeat(128), Value: '𝒱'.repeat(256) };

  it('are ten tags, 128 characters of a key and 256 of a value, in any script', async () => {
    await world.put('limits/set', 'x');
    const ten = [longest, ...named('1', '2', '3', '4', '5', '6', '7', '8', '9')];
    await tag('limits/set', ten);
    expect(await tagsOf('limits/set')).toEqual(ten);
    const head = await world.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'limits/set' }));
    expect(head.$metadata.httpStatusCode).toBe(200);
  });

  it.each<[string, Tag[], string]>([
    ['an eleventh tag', named(...'a b c d e f g h i j k'.split(' ')), 'BadRequest'],
    ['a key of 129 characters', named('k'.repeat(129)), 'InvalidTag'],
    ['no key', named(''), 'InvalidTag'],
    ['a value of 257 characters', [{ Key: 'k', Value: 'v'.repeat(257) }], 'InvalidTag'],
    ['a character that none may have', [{ Key: 'a&b', Value: 'x' }], 'InvalidTag'],
    ['a value with a character that none may have', [{ Key: 'a', Value: '<script>' }], 'InvalidTag'],
    ['a key twice', named('a', 'a'), 'InvalidTag'],
    ['a key of AWS’s own', named('aws:cloudformation:stack-name'), 'InvalidTag'],
  ])('%s is refused, and the tags before stay', async (_what, TagSet, code) => {
    await world.put('limits/before', 'x', { Tagging: 'was=here' });
    expect(await codeOf(tag('limits/before', TagSet))).toBe(code);
    expect(await tagsOf('limits/before')).toEqual([{ Key: 'was', Value: 'here' }]);
  });

  it.each([
    ['a=1&a=2', 'InvalidArgument'],
    ['a=%E4', 'InvalidArgument'],
    ['=x', 'InvalidTag'],
    ['a=<', 'InvalidTag'],
    [`${'k'.repeat(129)}=1`, 'InvalidTag'],
    ['aws:x=1', 'InvalidTag'],
    ['a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1', 'BadRequest'],
  ])('the header %p is %s, and nothing is stored', async (Tagging, code) => {
    expect(await codeOf(world.put('limits/header', 'x', { Tagging }))).toBe(code);
    expect(
      await codeOf(
        world.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'limits/header', Tagging })),
      ),
    ).toBe(code);
    expect(await codeOf(world.get('limits/header'))).toBe('NoSuchKey');
    expect(world.created).toEqual([]);
  });

  it('want a proof that the document arrived unchanged, and a document of tags', async () => {
    await world.put('limits/proof', 'x', { Tagging: 'was=here' });
    const document = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
    const send = (body: string, headers: Record<string, string>) =>
      world.raw('PUT', `/${bucket}/limits/proof`, { query: { tagging: '' }, body, headers });
    const md5 = (text: string) => createHash('md5').update(text).digest('base64');
    expect(await send(document, {})).toContain('<Code>InvalidRequest</Code>');
    expect(await send(document, { 'content-md5': md5('other') })).toContain('<Code>BadDigest</Code>');
    expect(await send(document, { 'x-amz-checksum-crc32': 'AAAAAA==' })).toContain('<Code>BadDigest</Code>');
    for (const broken of [
      '<Tagging></Tagging>',
      '<Tagging><TagSet/><TagSet/></Tagging>',
      '<Tags><TagSet/></Tags>',
      '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>',
      '<Tagging><TagSet><Tog><Key>a</Key><Value>b</Value></Tog></TagSet></Tagging>',
      `<Tagging>${' '.repeat(200_000)}<TagSet/></Tagging>`,
    ])
      expect(await send(broken, { 'content-md5': md5(broken) })).toContain('<Code>MalformedXML</Code>');
    expect(await tagsOf('limits/proof')).toEqual([{ Key: 'was', Value: 'here' }]);
    expect(await send(document, { 'content-md5': md5(document) })).toBe('');
    expect(await tagsOf('limits/proof')).toEqual([{ Key: 'a', Value: 'b' }]);
  });
});

describe('who may', () => {
  const foreign = ({ resource }: { resource: string }) => resource.includes('/users/other/');

  it('tag nothing of somebody else, and upload nothing with tags there', async () => {
    await world.put('users/other/file', 'x', { Tagging: 'was=here' });
    world.endpoints.authorizer.denies = foreign;
    const at = { Bucket: bucket, Key: 'users/other/file' };
    const refused = [
      tag('users/other/file', named('forged')),
      tag('users/other/file', named('forged'), { VersionId: 'null' }),
      world.s3.send(new DeleteObjectTaggingCommand(at)),
      world.s3.send(new GetObjectTaggingCommand(at)),
      world.put('users/other/file', 'y', { Tagging: 'forged=x' }),
      world.s3.send(new CreateMultipartUploadCommand({ ...at, Tagging: 'forged=x' })),
    ];
    expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => 'AccessDenied'));
    world.endpoints.authorizer.denies = () => false;
    expect(await tagsOf('users/other/file')).toEqual([{ Key: 'was', Value: 'here' }]);
  });

  it('write but not tag uploads without tags only, and takes no tags with a copy', async () => {
    await world.put('rights/source', 'x', { Tagging: 'a=b' });
    world.endpoints.authorizer.denies = ({ action }) => action === 's3:PutObjectTagging';
    expect(await codeOf(world.put('rights/new', 'x', { Tagging: 'a=b' }))).toBe('AccessDenied');
    const copy = { Bucket: bucket, Key: 'rights/new', CopySource: `${bucket}/rights/source` };
    expect(await codeOf(world.s3.send(new CopyObjectCommand(copy)))).toBe('AccessDenied');
    expect(await codeOf(world.get('rights/new'))).toBe('NoSuchKey');
    await world.put('rights/new', 'x');
    await world.s3.send(new CopyObjectCommand({ ...copy, TaggingDirective: 'REPLACE' }));
    expect(await tagsOf('rights/new')).toEqual([]);
  });

  it('read an object but not its tags does not learn how many there are', async () => {
    await world.put('rights/counted', 'x', { Tagging: 'a=b' });
    world.endpoints.authorizer.denies = ({ action }) => action === 's3:GetObjectTagging';
    expect((await world.get('rights/counted')).TagCount).toBeUndefined();
    const copy = { Bucket: bucket, Key: 'rights/taken', CopySource: `${bucket}/rights/counted` };
    expect(await codeOf(world.s3.send(new CopyObjectCommand(copy)))).toBe('AccessDenied');
  });

  it('do what to a version is an action of its own', async () => {
    await world.put('rights/version', 'x');
    world.reset();
    await tag('rights/version', named('a'), { VersionId: 'null' });
    await tagsOf('rights/version', { VersionId: 'null' });
    await world.s3.send(
      new DeleteObjectTaggingCommand({ Bucket: bucket, Key: 'rights/version', VersionId: 'null' }),
    );
    expect(asked()).toEqual([
      's3:PutObjectVersionTagging',
      's3:GetObjectVersionTagging',
      's3:DeleteObjectVersionTagging',
    ]);
    expect(await codeOf(tagsOf('rights/version', { VersionId: 'v1' }))).toBe('NoSuchVersion');
    expect(await codeOf(tagsOf('rights/nothing'))).toBe('NoSuchKey');
    world.endpoints.authorizer.denies = ({ action }) => action === 's3:ListBucket';
    expect(await codeOf(tagsOf('rights/nothing'))).toBe('AccessDenied');
  });

  it('can be decided by the tags that an object has and those that a request brings', async () => {
    await world.put('rights/asked', 'x', { Tagging: 'stage=draft' });
    world.reset();
    await tag('rights/asked', [{ Key: 'stage', Value: 'final' }]);
    await world.get('rights/asked');
    expect(world.endpoints.authorizer.asked.map(({ action, context }) => [action, context])).toEqual([
      [
        's3:PutObjectTagging',
        {
          's3:RequestObjectTag/stage': 'final',
          's3:RequestObjectTagKeys': ['stage'],
          's3:ExistingObjectTag/stage': 'draft',
        },
      ],
      ['s3:GetObject', { 's3:ExistingObjectTag/stage': 'final' }],
      ['s3:GetObjectTagging', { 's3:ExistingObjectTag/stage': 'final' }],
    ]);
  });
});
