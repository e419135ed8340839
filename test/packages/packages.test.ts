import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { type PackagesWorld, run, startWorld } from './world.ts';

const Manifest = z.object({ exports: z.record(z.string(), z.unknown()) });
const MAP = z.object({ sources: z.array(z.string()), sourcesContent: z.array(z.string().nullable()) });

let world: PackagesWorld;
let folder = '';
let tarballs: readonly string[] = [];

beforeAll(async () => {
  world = await startWorld('the packages in Chromium (test/packages/packages.test.ts)');
  ({ folder, tarballs } = world);
}, 600_000);
afterAll(() => world.stop());

describe('each tarball', () => {
  it('holds what it exports, with licence and readme, and no tests', async () => {
    expect(tarballs).toHaveLength(7);
    for (const [index, path] of tarballs.entries()) {
      const into = join(folder, `unpacked-${index}`);
      await mkdir(into);
      await run('tar', ['xzf', path, '-C', into], folder);
      const files = (await readdir(join(into, 'package'), { recursive: true })).map((name) => `./${name}`);
      expect(files).toEqual(
        expect.arrayContaining(['./LICENSE', './NOTICE', './README.md', './package.json']),
      );
      expect(files.filter((name) => /\.i?test\.|-support\.|tsbuildinfo|__snapshots__/.test(name))).toEqual(
        [],
      );
      const manifest = parseJson(Manifest, await readFile(join(into, 'package/package.json'), 'utf8'));
      const named =
        JSON.stringify(manifest.ok ? manifest.value.exports : {}).match(/\.\/dist\/[^"*]+/g) ?? [];
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => !files.includes(name))).toEqual([]);
      for (const name of files.filter((one) => one.endsWith('.js.map'))) {
        const map = parseJson(MAP, await readFile(join(into, 'package', name), 'utf8'));
        expect({ name, contents: map.ok && map.value.sourcesContent.every((text) => text !== null) }).toEqual(
          {
            name,
            contents: true,
          },
        );
      }
    }
  });
});

describe('a new project of Vite, React and strict TypeScript', () => {
  it('type-checks, builds, and shows an upload to the end of its workflow, in under 40 lines', async () => {
    const cwd = await world.project(
      'vite-react',
      ['vite', 'react', 'react-dom', 'typescript', '@types/react', '@types/react-dom'],
      /contracts|web|elements|react/,
    );
    const source = await readFile(join(cwd, 'src/main.tsx'), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThan(40);
    await run('npx', ['tsc', '-p', '.'], cwd);
    await run('npx', ['vite', 'build', '--logLevel', 'warn'], cwd);
    const opened = await world.open(join(cwd, 'dist'));
    if (opened === undefined) return;
    const { page, problems } = opened;
    await page.getByText('idle').waitFor();
    const words = { name: 'words.txt', mimeType: 'text/plain', buffer: Buffer.from('one two\nthree') };
    await page.locator('input[type=file]').setInputFiles(words);
    await page.locator('#phase').getByText('done').waitFor({ timeout: 60_000 });
    await page.getByRole('treeitem', { name: /Count each line Map done/ }).waitFor();
    await page.locator('stepcast-graph [data-step="Count words"][data-status="succeeded"]').waitFor();
    // Beside the way: known from the definition, which provisioning brought.
    await page.locator('stepcast-graph [data-step="Nothing to count"][data-status="queued"]').waitFor();
    expect(problems).toEqual([]);
  }, 600_000);
});

describe('a plain Node project', () => {
  const Result = z.object({ phases: z.array(z.string()), status: z.string(), steps: z.array(z.string()) });

  it('uploads and follows', async () => {
    const cwd = await world.project('node', [], /contracts|web/);
    const { stdout } = await run(process.execPath, ['main.mjs', JSON.stringify(world.session)], cwd);
    expect(parseJson(Result, stdout)).toMatchObject({
      ok: true,
      value: {
        phases: expect.arrayContaining(['uploading', 'queued', 'done']),
        status: 'succeeded',
        steps: expect.arrayContaining(['Read the text', 'Count words']),
      },
    });
  }, 600_000);

  it('has the command', async () => {
    const cwd = await world.project('command', [], /contracts|cli/);
    const { stdout } = await run('npx', ['stepcast', '--help'], cwd);
    expect(stdout).toContain('doctor');
    expect((await run('npx', ['stepcast', '--version'], cwd)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const explained = await run('npx', ['stepcast', 'doctor', 'explain', 'ExpiredTokenException'], cwd).catch(
      (error: unknown) => ({ stdout: String(error) }),
    );
    expect(explained.stdout).not.toContain('ERR_MODULE_NOT_FOUND');
    const letter = await run(
      'npx',
      ['stepcast', 'dead-letters', 'explain', 'CORRELATOR_BATCH_INVALID', '--json'],
      cwd,
    );
    // The runbook came with the package.
    const Explained = z.object({ runbook: z.object({ path: z.string() }) });
    const explanation = parseJson(Explained, letter.stdout);
    const runbook = explanation.ok ? await readFile(explanation.value.runbook.path, 'utf8') : letter.stdout;
    expect(runbook).toContain('### `CORRELATOR_BATCH_INVALID`');
  }, 600_000);
});

describe('a stack of somebody else', () => {
  const Manifest = z.object({
    artifacts: z.record(z.string(), z.object({ type: z.string() })),
  });

  it('type-checks and is synthesized with the services in it, without Docker and without this repository', async () => {
    const cwd = await world.project(
      'cdk',
      ['aws-cdk-lib', 'constructs', 'typescript', '@types/node'],
      /contracts|cdk/,
    );
    await run('npx', ['tsc', '-p', '.'], cwd);
    await run(process.execPath, ['dist/app.js'], cwd);
    const manifest = parseJson(Manifest, await readFile(join(cwd, 'cdk.out/manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      ok: true,
      value: { artifacts: { Ours: { type: 'aws:cloudformation:stack' } } },
    });
    const files = await readdir(join(cwd, 'cdk.out'), { recursive: true });
    // The image, the forwarder, and the functions of the provisioner, which have one bundle.
    expect(files.filter((name) => /^asset\.\w+$/.test(name))).toHaveLength(3);
    expect(files.filter((name) => name.endsWith('/Dockerfile'))).toHaveLength(1);
    expect(files.filter((name) => name.endsWith('/index.mjs'))).toHaveLength(2);
  }, 600_000);
});

/** A browser lists a request when it has its answer. */
const PARTS_THAT_ENDED = `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /partNumber/.test(name))`;

describe('a page without a bundler', () => {
  it('uploads in parts, and goes on where it was after a reload', async () => {
    const cwd = await world.project('plain-page', [], /contracts|web/);
    const opened = await world.open(cwd);
    if (opened === undefined) return;
    const { page, problems } = opened;
    const path = join(folder, 'words.txt');
    const size = 12 * 1024 * 1024;
    await writeFile(path, 'word '.repeat(size / 5));
    const slow = await page.context().newCDPSession(page);
    await slow.send('Network.enable');
    const speed = (bytesPerSecond: number) =>
      slow.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: bytesPerSecond,
      });
    await speed(2 * 1024 * 1024);
    await page.locator('input').setInputFiles(path);
    // Parts go side by side: most bytes may be sent before S3 has one part whole.
    await page.waitForFunction(
      `window.bytes.some((bytes) => bytes >= ${6 * 1024 * 1024}) && ${PARTS_THAT_ENDED}.length > 0`,
      undefined,
      { timeout: 120_000 },
    );
    const reported = z.array(z.number()).parse(await page.evaluate('window.bytes'));
    // Bytes as they go, not part by part.
    expect(new Set(reported).size).toBeGreaterThan(5);
    await page.reload();
    await speed(-1);
    await page.locator('input').setInputFiles(path);
    await page.locator('#phase').getByText('done').waitFor({ timeout: 120_000 });
    const again = z.array(z.number()).parse(await page.evaluate('window.bytes'));
    expect(again.at(-1)).toBe(size - (size % 5));
    const repeated = z.array(z.string()).parse(await page.evaluate(PARTS_THAT_ENDED));
    expect(repeated.length).toBeLessThan(3);
    expect(problems.filter((problem) => !problem.includes('ERR_ABORTED'))).toEqual([]);
  }, 600_000);
});
