import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChildProcess } from '@stepcast/kit/testing/child-process';

const ROOT = join(import.meta.dirname, '..', '..');
const PUBLISHED = join('contracts', 'published', 'v1');
/** Of `info`, which comes first. */
const VERSION = /"version":\s*"[^"]+"/;
const BASELINE = join(PUBLISHED, 'baseline', 'asyncapi.json');

interface Outcome {
  readonly code: number | null;
  readonly problems: readonly string[];
}
const folders: string[] = [];
let outcomes: Readonly<Record<'asItIs' | 'byHand' | 'broken' | 'grown', Outcome>>;

/** `npm run contracts:check` for what is published below a folder. */
async function check(root: string): Promise<Outcome> {
  const main = join(ROOT, 'contracts', 'publish', 'main.ts');
  const child = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', main, '--check', '--root', root],
    { cwd: ROOT },
  );
  const { code } = await child.exited;
  return { code, problems: child.stderr().trim().split('\n').filter(Boolean) };
}

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
  const [byHand, broken, grown] = [await copy(), await copy(), await copy()];
  await appendFile(join(byHand, PUBLISHED, 'types.d.ts'), '// by hand\n');
  await writeFile(join(byHand, PUBLISHED, 'more.json'), '{}');
  await rewrite(broken, (document) => document.replaceAll('"redriveCount"', '"redrives"'));
  await rewrite(grown, (document) => asOfToday(without('retryAfterMs', document)));
  outcomes = {
    asItIs: await check(ROOT),
    byHand: await check(byHand),
    broken: await check(broken),
    grown: await check(grown),
  };
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe('the published contract', () => {
  it('is what the sources say, valid, and no breaking change of the released version', () => {
    expect(outcomes.asItIs).toEqual({ code: 0, problems: [] });
  });

  it('is found out when a file was changed or added by hand', () => {
    expect(outcomes.byHand.code).toBe(1);
    expect(outcomes.byHand.problems).toEqual([
      expect.stringMatching(/types\.d\.ts is not what the sources say; run npm run contracts:publish/),
      expect.stringMatching(/more\.json is no part of the contract/),
    ]);
  });

  it('is refused when the sources no longer have a field that was released', () => {
    expect(outcomes.broken.code).toBe(1);
    expect(outcomes.broken.problems).toEqual(
      expect.arrayContaining([
        'breaking: StateMessage.data.executions[].redrives: the property was removed or renamed',
        expect.stringContaining('needs a new major version'),
      ]),
    );
  });

  it('is refused when the sources have a field more, only until the version says so', () => {
    expect(outcomes.grown.code).toBe(1);
    expect(outcomes.grown.problems).toEqual([
      expect.stringContaining('raise the second number of CONTRACT_VERSION'),
    ]);
  });
});
