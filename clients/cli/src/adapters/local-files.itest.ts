import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SettingsChangedError } from '../errors.ts';
import { healthyChain, judge } from '../testing/fixtures.ts';
import { createLocalFiles } from './local-files.adapter.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-cli-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const files = createLocalFiles();
async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

describe('settings files', () => {
  it('reads .env: quotes, comments, export, line endings; and keeps no secret', async () => {
    const path = await write(
      '.env',
      '# a comment\r\nVITE_AWS_REGION=us-east-1  # inline\r\nexport A="b # c"\r\n\r\nVITE_ENCRYPTION_KEY=do-not-keep-me\r\n',
    );
    const { entries } = await files.settings(path);
    expect(entries).toEqual({
      state: 'known',
      value: [
        { name: 'VITE_AWS_REGION', value: 'us-east-1', withheld: false, line: 2 },
        { name: 'A', value: 'b # c', withheld: false, line: 3 },
        { name: 'VITE_ENCRYPTION_KEY', value: '', withheld: true, line: 5 },
      ],
    });
    expect(JSON.stringify(entries)).not.toContain('do-not-keep-me');
  });

  it('reads nested JSON, and says what is wrong with what is none', async () => {
    const good = await write(
      'dev.json',
      '{"a":{"cognito_identity_pool_id":"x"},"n":1,"clientSecret":"s3cret-value"}',
    );
    expect(await files.settings(good)).toMatchObject({
      entries: {
        state: 'known',
        value: [
          { name: 'cognito_identity_pool_id', value: 'x' },
          { name: 'clientSecret', value: '', withheld: true },
        ],
      },
    });
    const bad = await write('bad.json', '{"a":"b", // ADD THIS LINE\n}');
    expect(await files.settings(bad)).toMatchObject({
      entries: { state: 'unavailable', reason: expect.stringContaining('comments') },
    });
    expect(await files.settings(join(directory, 'none.env'))).toMatchObject({
      entries: { state: 'unavailable', reason: 'there is no such file' },
    });
  });

  it('writes one value and leaves the rest as it was, mode and line endings included', async () => {
    const path = await write('fix.env', 'A=1\r\nexport B = old\r\nC=3');
    await files.setSetting(path, 2, 'B', 'new');
    expect(await readFile(path, 'utf8')).toBe('A=1\r\nexport B = new\r\nC=3');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('writes nothing into a line that says something else by now', async () => {
    const path = await write('changed.env', 'A=1\n');
    await expect(files.setSetting(path, 1, 'B', 'x')).rejects.toBeInstanceOf(SettingsChangedError);
    expect(await readFile(path, 'utf8')).toBe('A=1\n');
  });
});

describe('templates', () => {
  const yaml = `
Resources:
  S3FileBucket:
    Type: AWS::S3::Bucket
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref S3FileBucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal:
              AWS: !GetAtt AuthenticatedRole.Arn
            Resource: !Sub "\${S3FileBucket}/users/*"
          - Effect: Allow
            Resource: !Ref S3FileBucket
          - Effect: Allow
            Resource: !Sub
              - "\${S3FileBucket}/x/*"
              - { Name: !Join ["", [a, b]] }
          - Effect: Allow
            Resource: !GetAtt S3FileBucket.Arn
`;

  it('reads the short forms of CloudFormation, in which names stand for ARNs', async () => {
    const template = await files.template(await write('infra.yaml', yaml));
    const result = judge('names.arns', { ...healthyChain, templates: [template] });
    expect(result.verdict).toBe('fail');
    expect(result.evidence.map((line) => /Statement\.\d/.exec(line)?.[0])).toEqual([
      'Statement.0',
      'Statement.1',
      'Statement.2',
    ]);
  });

  it('reads aliases, and gives up on those that would fill the memory', async () => {
    const good = await files.template(await write('alias.yaml', 'a: &x { Ref: B }\nb: *x\n'));
    expect(good.document).toEqual({ state: 'known', value: { a: { Ref: 'B' }, b: { Ref: 'B' } } });
    const levels = Array.from(
      { length: 12 },
      (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}*l${n}]`,
    );
    const bomb = await files.template(await write('bomb.yaml', `l0: &l0 x\n${levels.join('\n')}\n`));
    expect(bomb.document).toMatchObject({ state: 'unavailable' });
  });

  it('says what is no template', async () => {
    const template = await files.template(await write('bad.yaml', 'a: [1, 2\nb: {'));
    expect(template).toMatchObject({
      document: { state: 'unavailable', reason: expect.stringContaining('not a template') },
    });
  });
});
