import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChildProcessError, runCommand } from '@stepcast/kit/testing/child-process';
import { parseJson } from '@stepcast/contracts';
import { IS_LONG } from '../support/long-form.ts';
import { Results } from './results.ts';

const main = join(import.meta.dirname, 'main.ts');
const bench = (args: readonly string[], timeoutMs: number) =>
  runCommand(process.execPath, ['--conditions=stepcast-source', main, ...args], { timeoutMs });

/** Of each row: the path that it is measured on, its part, and how its name begins. */
const ROWS = [
  ['ceiling', 'a', 'ceiling'],
  ['twin', 'a', 'its fair twin'],
  ['noStore', 'b', 'engine, no store'],
  ['store0', 'c', 'engine, store over signed HTTP, 0 ms'],
  ['store0', 'c', 'store calls an event'],
  ['store0', 'c', 'write units an event'],
  ['apart', 'p', 'apart'],
] as const;

const PATHS = IS_LONG ? ['ceiling', 'twin', 'noStore', 'store0'] : ['ceiling', 'store0'];

describe('npm run bench', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stepcast-bench-test-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  it('explains itself without measuring anything', async () => {
    const { stdout } = await bench(['--help'], 60_000);
    expect(stdout).toMatch(/^Usage: npm run bench/);
    expect(stdout).not.toContain('broker');
  });

  it('refuses options that it does not have, with what is wrong and exit code 2', async () => {
    const refused = bench(['--only', 'nonsense'], 60_000).catch((thrown: unknown) => thrown);
    const error = await refused;
    expect(error).toBeInstanceOf(ChildProcessError);
    if (!(error instanceof ChildProcessError)) return;
    expect(error.exit?.code).toBe(2);
    expect(error.stderr).toContain('no such part: nonsense');
  });

  it('measures its smallest slice, prints a table and writes results that validate', async () => {
    const json = join(directory, 'results.json');
    const slice = ['--quick', '--only', 'paths', '--paths', PATHS.join()];
    const { stdout } = await bench([...slice, '--runs', '1', '--window', '50', '--json', json], 240_000);
    expect(stdout).toContain('QUICK FIGURES');
    expect(stdout).toMatch(/\(c\) engine, store over signed HTTP, 0 ms .* {2}(reached|MISSED ) {2}>= 0.45 x/);
    const parsed = parseJson(Results, await readFile(json, 'utf8'));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    const { results, ...run } = parsed.value;
    expect(run).toMatchObject({ quick: true, complete: true, parts: ['paths'], rounds: 1 });
    const valueOf = (part: string, name: string) =>
      results.find((one) => one.part === part && one.name.startsWith(name))?.value;
    // What was left out has no row.
    for (const [path, part, name] of ROWS)
      expect([name, valueOf(part, name)]).toEqual([
        name,
        PATHS.includes(path) ? expect.any(Number) : undefined,
      ]);
  }, 240_000);
});
