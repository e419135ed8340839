import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson, userPoolProvider } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Browser, Page } from 'playwright-core';
import * as z from 'zod';
import { watchForProblems } from '../e2e/browser.ts';
import { startBrowser } from '../e2e/start-browser.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { serveFolder, type ServedFolder } from './serve-folder.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'services/sandbox/examples');
const Lockfile = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

/** Of what no package of this repository needs, the version that the recipes were written with. */
const VERSIONS: Readonly<Record<string, string>> = {
  '@aws-amplify/pubsub': '6.2.1',
  'aws-amplify': '6.22.1',
  next: '16.4.6',
  svelte: '5.57.3',
  'svelte-check': '4.7.8',
  '@sveltejs/vite-plugin-svelte': '7.3.1',
  vue: '3.5.45',
  'vue-tsc': '3.3.14',
  '@vitejs/plugin-vue': '6.0.11',
};

/** Runs a command of a project; it takes minutes on a busy machine. */
export function run(command: string, args: readonly string[], cwd: string) {
  // Next.js would report to its makers.
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  return runCommand(command, args, { cwd, env, timeoutMs: 500_000 });
}

/** The version that this repository is built with, so that npm finds it in its cache. */
async function versionOf(name: string): Promise<string> {
  const parsed = parseJson(Lockfile, await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const locked = parsed.ok ? parsed.value.packages[`node_modules/${name}`]?.version : undefined;
  const version = locked ?? VERSIONS[name];
  if (version === undefined) throw new Error(`test/packages/world.ts names no version of ${name}`);
  return version;
}

export interface OpenPage {
  readonly page: Page;
  readonly problems: readonly string[];
}

/** The packed packages, a sandbox that counts words, a browser, and folders for projects outside of the repository. */
export interface PackagesWorld {
  readonly folder: string;
  readonly tarballs: readonly string[];
  /** What an app knows of its deployment and of the person who is signed in; pages have it as `window.session`. */
  readonly session: object;
  /** An empty project with some of the tarballs and some packages of the registry installed, and the files of an app in it. */
  project(name: string, packages: readonly string[], ours: RegExp, app?: string): Promise<string>;
  /** Serves a folder and opens it; undefined where there is no browser. */
  open(directory: string): Promise<OpenPage | undefined>;
  stop(): Promise<void>;
}

/** @param what the tests that need a browser */
export async function startWorld(what: string): Promise<PackagesWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-packages-'));
  const packed = process.env['STEPCAST_TEST_TARBALLS'] ?? '';
  const tarballs = (await readdir(packed)).map((name) => join(packed, name));
  const sandbox = await startTestSandbox({
    argv: [
      ['--definition', join(EXAMPLES, 'word-count.asl.json')],
      ['--handlers', join(EXAMPLES, 'word-count-handlers.mjs')],
    ].flat(),
  });
  const browser: Browser | undefined = await startBrowser(what);
  const served: ServedFolder[] = [];
  const { region, bucket, identityPoolId, userPoolId, userPoolClientId, topicNamespace, endpoints, users } =
    sandbox.info;
  const { username = '', password = '' } = users[0] ?? {};
  const { idToken } = await signIn(sandbox.info, username);
  const session = {
    ...{ region, bucket, identityPoolId, userPoolId, userPoolClientId, topicNamespace, endpoints, idToken },
    loginProvider: userPoolProvider(region, userPoolId),
    user: { username, password },
  };
  return {
    folder,
    tarballs,
    session,
    async project(name, packages, ours, app = name) {
      const cwd = join(folder, name);
      await mkdir(cwd);
      await writeFile(join(cwd, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
      const others = await Promise.all(packages.map(async (one) => `${one}@${await versionOf(one)}`));
      const own = tarballs.filter((path) => ours.test(path));
      const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--save-exact'];
      await run('npm', ['install', ...quiet, ...own, ...others], cwd);
      await cp(join(import.meta.dirname, 'apps', app), cwd, { recursive: true }).catch(() => undefined);
      return cwd;
    },
    async open(directory) {
      if (browser === undefined) return undefined;
      const site = await serveFolder(directory);
      served.push(site);
      const context = await browser.newContext();
      await context.addInitScript(`window.session = ${JSON.stringify(session)}`);
      const page = await context.newPage();
      const problems = watchForProblems(page);
      await page.goto(site.origin);
      return { page, problems };
    },
    async stop() {
      await browser?.close();
      for (const site of served) await site.close();
      await sandbox.stop({ force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
