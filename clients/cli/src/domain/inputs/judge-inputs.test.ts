import { keyTemplate } from '@stepcast/contracts';
import { evidenceOf, findConfigured, InputPaths } from '@stepcast/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeInput } from './judge-inputs.ts';
import { suggestPath } from './suggest-path.ts';

const IDENTITY = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const bucket = 'progress-uploads-111122223333';
const key = `users/${IDENTITY}/uploads/scan 01.png`;
const encoded = `users/${encodeURIComponent(IDENTITY)}/uploads/scan+01.png`;
const rules = { keyTemplate: keyTemplate('users/{identityId}/'), bucket };
const judge = (input: unknown, paths: unknown[] = []) =>
  judgeInput(JSON.stringify(input), InputPaths.parse(paths), rules);

describe('the input of an execution', () => {
  it('names its upload by a path, in a form that needs none, or through its parent', () => {
    const paths = [{ uri: 'nowhere' }, { bucket: 'doc.b', key: 'doc.k' }];
    expect(judge({ doc: { b: bucket, k: key } }, paths)).toEqual({ kind: 'path', index: 1 });
    expect(judge({ bucket, key }, paths)).toEqual({ kind: 'shape', shape: 'flat' });
    const parent = 'arn:aws:states:us-east-1:111122223333:execution:Parent:p-1';
    expect(judge({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: parent })).toEqual({ kind: 'parent' });
  });

  it('names nothing when its object is no upload, whatever the path finds', () => {
    expect(judge({ bucket, key: 'exports/all.csv' })).toEqual({ kind: 'nothing', suggestion: undefined });
    expect(judge({ bucket: 'other', key })).toMatchObject({ kind: 'nothing' });
    expect(judgeInput('no JSON', [], rules)).toEqual({ kind: 'nothing', suggestion: undefined });
  });
});

describe('a path that is suggested', () => {
  it.each([
    ['two members', { doc: { b: bucket, k: key } }, { bucket: 'doc.b', key: 'doc.k' }],
    ['a key alone', { name: key }, { bucket: `'${bucket}'`, key: 'name' }],
    ['an encoded key', { b: bucket, k: encoded }, { bucket: 'b', key: 'k', encoding: 'url' }],
    ['an address', { manifest: { s3Path: `s3://${bucket}/${key}` } }, { uri: 'manifest.s3Path' }],
    ['an encoded address', { at: `s3://${bucket}/${encoded}` }, { uri: 'at', encoding: 'url' }],
    ['a list', { files: [{ k: key }] }, { bucket: `'${bucket}'`, key: 'files[].k' }],
    ['a text of JSON', { text: JSON.stringify({ bucket, key }) }, { event: 'text' }],
  ])('finds %s', (_name, input, suggestion) => {
    expect(judge(input)).toEqual({ kind: 'nothing', suggestion });
  });

  it('is none where several uploads are named, or where a name is no word', () => {
    const other = key.replace('1f0e', '2f0e');
    expect(judge({ files: [{ k: key }, { k: other }] })).toEqual({ kind: 'nothing', suggestion: undefined });
    expect(judge({ 'alice@example.com': { k: key } })).toEqual({ kind: 'nothing', suggestion: undefined });
  });

  it('holds no value of the input, and finds the upload in it, whatever surrounds it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.stringMatching(/^[a-z]{1,9}$/), (rest, name) => {
        const input = JSON.stringify({ rest, [`${name}_key`]: key, secret: 'canary-of-the-input' });
        const path = suggestPath(input, rules);
        expect(JSON.stringify(path ?? null)).not.toMatch(/canary|1f0e2d3c/);
        if (path !== undefined) expect(evidenceOf(input, findConfigured([path]))?.object?.key).toBe(key);
      }),
    );
  });
});
