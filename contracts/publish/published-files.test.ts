import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateContract, type Contract } from './contract.ts';
import { formatPublished } from './format-published.ts';
import { checkPublished } from './published-files.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PUBLISHED = join('contracts', 'published', 'v1');
/** Of `info`, which comes first. */
const VERSION = /"version":\s*"[^"]+"/;
const BASELINE = join(PUBLISHED, 'baseline', 'asyncapi.json');

const folders: string[] = [];
let contract: Contract;

/** A copy of what is published, for a test to change. */
async function copy(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'stepcast-contract-'));
  folders.push(root);
  for (const path of [
    PUBLISHED,
    join('contracts', 'CHANGELOG.md'),
    join('docs', 'reference', 'contract.md'),
  ]) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await cp(join(ROOT, path), join(root, path), { recursive: true });
  }
  return root;
}

/** Changes the released version. */
async function rewrite(root: string, change: (document: string) => string | Promise<string>): Promise<void> {
  const path = join(root, BASELINE);
  const document = await readFile(path, 'utf8');
  const changed = await change(document);
  if (changed === document) throw new RangeError('the released version does not have what was to change');
  await writeFile(path, changed);
}

/** The document as if it had been released under the version of today. */
async function asOfToday(document: string): Promise<string> {
  const today = VERSION.exec(await readFile(join(ROOT, PUBLISHED, 'asyncapi.json'), 'utf8'))?.[0];
  if (today === undefined) throw new RangeError('the contract has no version');
  return document.replace(VERSION, today);
}

/** The document without a field that may be left out. */
function without(field: string, document: string): string {
  const shorter: unknown = JSON.parse(document, (key, value: unknown) =>
    key === field && typeof value === 'object' ? undefined : value,
  );
  return JSON.stringify(shorter);
}

beforeAll(async () => {
  contract = await generateContract(formatPublished);
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('the published contract', () => {
  it('is what the sources say, valid, and no breaking change of the released version', async () => {
    expect(await checkPublished(contract, ROOT)).toEqual([]);
  });

  it('is found out when a file was changed or added by hand', async () => {
    const root = await copy();
    await appendFile(join(root, PUBLISHED, 'types.d.ts'), '// by hand\n');
    await writeFile(join(root, PUBLISHED, 'more.json'), '{}');
    expect(await checkPublished(contract, root)).toEqual([
      expect.stringMatching(/types\.d\.ts is not what the sources say; run npm run contracts:publish/),
      expect.stringMatching(/more\.json is no part of the contract/),
    ]);
  });

  it('is refused when the sources have a field more, until the version says so', async () => {
    const root = await copy();
    await rewrite(root, (document) => asOfToday(without('retryAfterMs', document)));
    expect(await checkPublished(contract, root)).toEqual([
      expect.stringContaining('raise the second number of CONTRACT_VERSION'),
    ]);
  });

  it('is refused when the sources no longer have a field that was released', async () => {
    const root = await copy();
    await rewrite(root, (document) => document.replaceAll('"redriveCount"', '"redrives"'));
    expect(await checkPublished(contract, root)).toEqual(
      expect.arrayContaining([
        'breaking: StateMessage.data.executions[].redrives: the property was removed or renamed',
        expect.stringContaining('needs a new major version'),
      ]),
    );
  });
});
