import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userPoolProvider } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser, Page } from 'playwright-core';
import * as z from 'zod';
import { serveFolder, type ServedFolder } from '../packages/serve-folder.ts';
import { IS_LONG } from '../support/long-form.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { accessibilityProblems, watchForProblems } from './browser.ts';
import { startBrowser } from './start-browser.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'services/sandbox/examples');

/** A page with Uppy's Dashboard, and what Uppy says. `?aws-s3` uploads with Uppy's own plugin for S3. */
const PAGE = `
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import { cognitoCredentials, createProgressClient } from '@stepcast/web';
import Stepcast from '@stepcast/uppy';

const { region, bucket, identityPoolId, loginProvider, idToken, endpoints } = session;
const client = createProgressClient({
  region,
  endpoint: endpoints.mqttWss,
  credentials: cognitoCredentials({
    region, identityPoolId, endpoint: endpoints.cognitoIdentity, logins: () => Promise.resolve({ [loginProvider]: idToken }),
  }),
  provisioning: { url: endpoints.provisioner + '/v1/provision', idToken: () => Promise.resolve(idToken) },
  s3: { endpoint: endpoints.s3 },
});
const uppy = new Uppy().use(Dashboard, { target: '#files', inline: true, width: 700, height: 400 });
if (location.search === '?aws-s3') {
  uppy.use(AwsS3, {
    s3Endpoint: endpoints.s3 + '/' + bucket,
    region,
    getCredentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await client.credentials();
      const credentials = { accessKeyId, secretAccessKey, sessionToken, expiration: expiration?.toISOString() };
      return { credentials, bucket, region };
    },
    generateObjectKey: (file) => uppy.getPlugin('Stepcast').keyOf(file),
  });
  uppy.use(Stepcast, { client, bucket, uploads: false });
} else uppy.use(Stepcast, { client, bucket });

Object.assign(window, { uppy, emitted: [], results: [] });
for (const name of ['upload-success', 'upload-error', 'postprocess-complete', 'complete'])
  uppy.on(name, () => emitted.push(name));
uppy.on('postprocess-progress', (file, { message }) => emitted.push(message));
uppy.on('stepcast:phase', (file, { phase }) => emitted.push(phase.phase));
uppy.on('complete', ({ successful, failed }) =>
  results.push({ successful: successful.length, failed: failed.map(({ error }) => error) }));
`;

let folder = '';
let sandbox: Sandbox;
let browser: Browser | undefined;
let site: ServedFolder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-uppy-'));
  await mkdir(join(folder, 'page'));
  // Its imports are resolved from the plugin's folder, as in an app that has installed it and Uppy, in a process of its own.
  const options = {
    input: 'page.js',
    platform: 'browser',
    resolve: { conditionNames: ['stepcast-source', 'browser', 'import', 'default'] },
    logLevel: 'silent',
    output: { dir: join(folder, 'page'), format: 'es', entryFileNames: 'page.js' },
  };
  const bundling = `
    import { build } from 'rolldown';
    const page = { name: 'page', resolveId: (id) => (id === 'page.js' ? process.cwd() + '/page.js' : undefined),
      load: (id) => (id.endsWith('/uppy/page.js') ? ${JSON.stringify(PAGE)} : undefined) };
    await build({ ...${JSON.stringify(options)}, plugins: [page] });`;
  await runCommand(process.execPath, ['--input-type=module', '-e', bundling], {
    cwd: join(ROOT, 'clients/uppy'),
    timeoutMs: 60_000,
  });
  await writeFile(
    join(folder, 'page/index.html'),
    '<!doctype html><html lang="en"><title>Uppy</title><link rel="stylesheet" href="/core.css"><link rel="stylesheet" href="/dashboard.css"><main><h1>Files</h1><div id="files"></div></main><script type="module" src="/page.js"></script>',
  );
  for (const name of ['core', 'dashboard'])
    await cp(join(ROOT, `node_modules/@uppy/${name}/dist/style.min.css`), join(folder, `page/${name}.css`));
  site = await serveFolder(join(folder, 'page'));
  // A state that lasts, so that the page hears of it before the end, however fast the machine is.
  const example = await readFile(join(EXAMPLES, 'word-count.asl.json'), 'utf8');
  const definition = join(folder, 'lasting.asl.json');
  const first = '"StartAt": "Count words",\n        "States": {';
  expect(example).toContain(first);
  await writeFile(
    definition,
    example.replace(
      first,
      '"StartAt": "Take a breath", "States": { "Take a breath": { "Type": "Wait", "Seconds": 1, "Next": "Count words" },',
    ),
  );
  const words = { name: 'words', on: 'output', stateNames: ['Count each line'], expression: 'sum(@)' };
  sandbox = await startTestSandbox({
    environment: { STEPCAST_PROJECTIONS: JSON.stringify([words]) },
    argv: [
      ['--definition', definition],
      ['--handlers', join(EXAMPLES, 'word-count-handlers.mjs')],
    ].flat(),
  });
  browser = await startBrowser('the Uppy plugin in Chromium (test/e2e/uppy.test.ts)');
});

afterAll(async () => {
  await browser?.close();
  await site.close();
  await sandbox.stop({ force: true });
  await rm(folder, { recursive: true, force: true });
});

async function open(search: string): Promise<{ page: Page; problems: readonly string[] } | undefined> {
  if (browser === undefined) return undefined;
  const { info } = sandbox;
  const { idToken } = await signIn(info, info.users[0]?.username ?? '');
  const { region, bucket, identityPoolId, userPoolId, endpoints } = info;
  const loginProvider = userPoolProvider(region, userPoolId);
  const session = { region, bucket, identityPoolId, loginProvider, idToken, endpoints };
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  await context.addInitScript(`window.session = ${JSON.stringify(session)}`);
  const page = await context.newPage();
  const problems = watchForProblems(page);
  await page.goto(`${site.origin}/${search}`);
  return { page, problems };
}

const file = (name: string, content: string) => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(content),
});

async function choose(page: Page, ...files: ReturnType<typeof file>[]): Promise<void> {
  await page.locator('input[type=file]').first().setInputFiles(files);
  await page.getByRole('button', { name: /^Upload \d+ files?$/ }).click();
}

const emitted = async (page: Page) => z.array(z.string()).parse(await page.evaluate('emitted'));

describe.each([
  ['that uploads itself', ''],
  ...(IS_LONG ? [['behind Uppy’s own plugin for S3', '?aws-s3'] as const] : []),
] as const)('the plugin %s', (_name, search) => {
  it('takes each row of the Dashboard on through the workflow, and completes when that has ended', async () => {
    const opened = await open(search);
    if (opened === undefined) return;
    const { page, problems } = opened;
    await choose(page, file('one.txt', 'one two\nthree\n'), file('two.txt', 'four\n'.repeat(3)));
    await page.waitForFunction('results.length === 1');
    expect(await page.evaluate('results[0]')).toEqual({ successful: 2, failed: [] });
    // What the workflow made of it, by the configured projection.
    const results = 'uppy.getFiles().map(({ stepcast }) => stepcast.phase.state.result)';
    expect(await page.evaluate(results)).toEqual([{ words: 3 }, { words: 3 }]);
    const all = await emitted(page);
    expect(all).toEqual(expect.arrayContaining(['queued', 'running', 'done', 'Take a breath']));
    // The order of Uppy: up, processed, complete.
    expect(all.indexOf('upload-success')).toBeLessThan(all.indexOf('Take a breath'));
    expect(all.indexOf('Take a breath')).toBeLessThan(all.indexOf('postprocess-complete'));
    expect(all.at(-1)).toBe('complete');
    await page.locator('.uppy-Dashboard-Item.is-complete').nth(1).waitFor();
    expect(problems).toEqual([]);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('shows a workflow that fails as an error of the file, and a retry uploads and starts it again', async () => {
    const opened = await open(search);
    if (opened === undefined) return;
    const { page } = opened;
    await choose(page, file('binary.txt', 'a\u0000b'));
    await page.waitForFunction('results.length === 1');
    expect(await page.evaluate('results[0]')).toEqual({
      successful: 0,
      failed: [expect.stringContaining('NotText')],
    });
    await page.locator('.uppy-Dashboard-Item.is-error').waitFor();
    const [first] = await keysOf(page);
    await page.getByRole('button', { name: 'Retry upload' }).first().click();
    // Uppy tells no `complete` of a file that is tried again.
    await page.waitForFunction('emitted.filter((name) => name === "upload-error").length === 2');
    expect((await keysOf(page))[0]).not.toBe(first);
  });
});

const keysOf = async (page: Page) =>
  z.array(z.string()).parse(await page.evaluate('uppy.getFiles().map(({ stepcast }) => stepcast.key)'));

it('a file that is removed ends its upload and what it waits for', async () => {
  const opened = await open('');
  if (opened === undefined) return;
  const { page } = opened;
  const slow = await page.context().newCDPSession(page);
  await slow.send('Network.enable');
  await slow.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 100_000,
  });
  await choose(page, file('long.txt', 'x'.repeat(4_000_000)));
  await page.waitForFunction('emitted.includes("uploading")');
  await page.evaluate('uppy.removeFile(uppy.getFiles()[0].id)');
  await page.waitForFunction('Object.keys(uppy.getState().currentUploads).length === 0');
  expect(await emitted(page)).not.toContain('upload-success');
});
