import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseJson, userPoolProvider } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser, Page } from 'playwright-core';
import * as z from 'zod';
import { startBrowser, watchForProblems } from '../e2e/browser.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { serveFolder, type ServedFolder } from './serve-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'services/sandbox/examples');
const Lockfile = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });
const Manifest = z.object({ exports: z.record(z.string(), z.unknown()) });
const MAP = z.object({ sources: z.array(z.string()), sourcesContent: z.array(z.string().nullable()) });

let folder = '';
let tarballs: readonly string[] = [];
let sandbox: Sandbox;
let browser: Browser | undefined;
/** What an app knows of its deployment and of the person who is signed in. */
let session: object;
const served: ServedFolder[] = [];

const run = (command: string, args: readonly string[], cwd: string) =>
  runCommand(command, args, { cwd, timeoutMs: 400_000 });

/** The version that this repository is built with, so that npm finds it in its cache. */
async function versionOf(name: string): Promise<string> {
  const parsed = parseJson(Lockfile, await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  return (parsed.ok ? parsed.value.packages[`node_modules/${name}`]?.version : undefined) ?? 'latest';
}

/** An empty project outside of the repository, with the tarballs and some packages of the registry installed. */
async function project(app: string, packages: readonly string[], ours: RegExp): Promise<string> {
  const cwd = join(folder, app);
  await mkdir(cwd);
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ name: app, private: true, type: 'module' }));
  const others = await Promise.all(packages.map(async (name) => `${name}@${await versionOf(name)}`));
  const own = tarballs.filter((path) => ours.test(path));
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--save-exact'];
  await run('npm', ['install', ...quiet, ...own, ...others], cwd);
  await cp(join(import.meta.dirname, 'apps', app), cwd, { recursive: true }).catch(() => undefined);
  return cwd;
}

async function pageOf(directory: string): Promise<{ page: Page; problems: readonly string[] } | undefined> {
  if (browser === undefined) return undefined;
  const site = await serveFolder(directory);
  served.push(site);
  const context = await browser.newContext();
  await context.addInitScript(`window.session = ${JSON.stringify(session)}`);
  const page = await context.newPage();
  const problems = watchForProblems(page);
  await page.goto(site.origin);
  return { page, problems };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-packages-'));
  await run('npm', ['run', '--silent', 'pack:all', '--', join(folder, 'tarballs')], ROOT);
  tarballs = (await readdir(join(folder, 'tarballs'))).map((name) => join(folder, 'tarballs', name));
  sandbox = await startTestSandbox({
    argv: [
      ['--definition', join(EXAMPLES, 'word-count.asl.json')],
      ['--handlers', join(EXAMPLES, 'word-count-handlers.mjs')],
    ].flat(),
  });
  browser = await startBrowser('the packages in Chromium (test/packages/packages.test.ts)');
  const { info } = sandbox;
  const { idToken } = await signIn(info, info.users[0]?.username ?? '');
  const { region, bucket, identityPoolId, endpoints } = info;
  const loginProvider = userPoolProvider(region, info.userPoolId);
  session = { region, bucket, identityPoolId, loginProvider, idToken, endpoints };
}, 600_000);

afterAll(async () => {
  await browser?.close();
  for (const site of served) await site.close();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('each tarball', () => {
  it('holds what it exports, with licence and readme, and no tests', async () => {
    expect(tarballs).toHaveLength(5);
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
    const cwd = await project(
      'vite-react',
      ['vite', 'react', 'react-dom', 'typescript', '@types/react', '@types/react-dom'],
      /contracts|web|elements|react/,
    );
    const source = await readFile(join(cwd, 'src/main.tsx'), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThan(40);
    await run('npx', ['tsc', '-p', '.'], cwd);
    await run('npx', ['vite', 'build', '--logLevel', 'warn'], cwd);
    const opened = await pageOf(join(cwd, 'dist'));
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
    const cwd = await project('node', [], /contracts|web/);
    const { stdout } = await run(process.execPath, ['main.mjs', JSON.stringify(session)], cwd);
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
    const cwd = await project('command', [], /contracts|cli/);
    const { stdout } = await run('npx', ['stepcast', '--help'], cwd);
    expect(stdout).toContain('doctor');
    const explained = await run('npx', ['stepcast', 'doctor', 'explain', 'ExpiredTokenException'], cwd).catch(
      (error: unknown) => ({ stdout: String(error) }),
    );
    expect(explained.stdout).not.toContain('ERR_MODULE_NOT_FOUND');
  }, 600_000);
});

describe('a stack of somebody else', () => {
  const Manifest = z.object({
    artifacts: z.record(z.string(), z.object({ type: z.string() })),
  });

  it('type-checks and is synthesized with the services in it, without Docker and without this repository', async () => {
    const cwd = await project(
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

describe('a page without a bundler', () => {
  it('uploads in parts, and goes on where it was after a reload', async () => {
    const cwd = await project('plain-page', [], /contracts|web/);
    const opened = await pageOf(cwd);
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
    await page.waitForFunction(`window.bytes.some((bytes) => bytes >= ${9 * 1024 * 1024})`, undefined, {
      timeout: 120_000,
    });
    const told = z.array(z.number()).parse(await page.evaluate('window.bytes'));
    // Bytes as they go, not part by part.
    expect(new Set(told).size).toBeGreaterThan(5);
    await page.reload();
    await speed(-1);
    await page.locator('input').setInputFiles(path);
    await page.locator('#phase').getByText('done').waitFor({ timeout: 120_000 });
    const again = z.array(z.number()).parse(await page.evaluate('window.bytes'));
    expect(again.at(-1)).toBe(size - (size % 5));
    const repeated = z
      .array(z.string())
      .parse(
        await page.evaluate(
          `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /partNumber/.test(name))`,
        ),
      );
    expect(repeated.length).toBeLessThan(3);
    expect(problems.filter((problem) => !problem.includes('ERR_ABORTED'))).toEqual([]);
  }, 600_000);
});
