import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, ListPartsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asError } from '@stepcast/kit';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import * as z from 'zod';
import { badNetwork, type BadNetwork } from '../support/bad-network.ts';
import { IS_LONG } from '../support/long-form.ts';
import { type Person, signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { startBrowser } from './start-browser.ts';

/*
 * `@stepcast/web/s3` in Chromium, with files from a disk, through a network that stands still or is away, to the sandbox's S3 as the person
 * who is signed in.
 */

const MIB = 1024 * 1024;
const PART = 5 * MIB;

/** Its address says where S3 is. */
const PAGE = (
  settings: object,
) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Uploader</title>
<input type="file" aria-label="File"><output></output>
<script type="module">
  import { PauseController, s3Signer, s3Uploader } from '/stepcast.min.js';
  const { region, bucket, prefix } = ${JSON.stringify(settings)};
  const endpoint = new URLSearchParams(location.search).get('endpoint');
  const uploader = s3Uploader({
    sign: s3Signer({ region, endpoint, credentials: () => globalThis.credentials() }),
    storage: localStorage,
    partBytes: ${PART},
    concurrency: 2,
  });
  globalThis.world = { loaded: 0, most: 0, sank: false, pause: new PauseController(), control: new AbortController(), uploader };
  document.querySelector('input').addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    const { pause, control } = world;
    const key = await uploader.keyFor(file, { bucket, prefix });
    world.key = key;
    const onProgress = (loaded) => {
      if (loaded < world.loaded) world.sank = true;
      world.loaded = loaded;
      world.most = Math.max(world.most, loaded);
    };
    try {
      world.answer = await uploader.upload(file, { bucket, key, onProgress, signal: control.signal, pause: pause.signal });
      document.querySelector('output').textContent = 'done';
    } catch (error) {
      document.querySelector('output').textContent = 'failed: ' + (error.code ?? error.message);
    }
  });
</script>`;

let folder = '';
let pages: { readonly origin: string; close(): Promise<void> };
let sandbox: Sandbox;
let person: Person;
let browser: Browser | undefined;
let opened: { readonly context: BrowserContext; readonly network: BadNetwork }[] = [];

beforeAll(async () => {
  browser = await startBrowser('the uploader in Chromium (test/e2e/uploader.test.ts)');
  folder = await mkdtemp(join(tmpdir(), 'stepcast-uploader-'));
  const script = join(import.meta.dirname, '../../clients/web/scripts/bundle.mjs');
  await runCommand(process.execPath, [script, folder], { timeoutMs: 300_000 });
  const bundle = await readFile(join(folder, 'stepcast.min.js'), 'utf8');
  sandbox = await startTestSandbox();
  person = await signIn(sandbox.info, 'alice');
  const { region, bucket } = sandbox.info;
  const page = PAGE({ region, bucket, prefix: `users/${person.identityId}/` });
  pages = await serve({ '/uploader.html': page, '/stepcast.min.js': bundle });
}, 300_000);
afterEach(async () => {
  for (const { context, network } of opened) {
    await context.close();
    await network.close();
  }
  opened = [];
});
afterAll(async () => {
  await browser?.close();
  await pages.close();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Serves texts. Not by `route`: a browser whose requests are intercepted hands over every body first. */
async function serve(texts: Readonly<Record<string, string>>): Promise<typeof pages> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const body = texts[pathname];
    const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html';
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A page that uploads what is chosen, through a network of its own; undefined where there is no browser. */
async function openPage(): Promise<
  { page: Page; network: BadNetwork; context: BrowserContext; asked: () => number } | undefined
> {
  if (browser === undefined) return undefined;
  const { hostname, port } = new URL(sandbox.url);
  const network = await badNetwork({ hostname, port: Number(port) });
  const context = await browser.newContext();
  opened.push({ context, network });
  let asked = 0;
  await context.exposeFunction('credentials', () => {
    asked += 1;
    return person.keys;
  });
  const endpoint = `${network.origin}${new URL(sandbox.info.endpoints.s3).pathname}`;
  const page = await context.newPage();
  await page.goto(`${pages.origin}/uploader.html?${new URLSearchParams({ endpoint }).toString()}`);
  await page.waitForFunction('globalThis.world !== undefined');
  return { page, network, context, asked: () => asked };
}

/** A file of random bytes, which no compression and no luck makes right. */
async function fileOf(bytes: number): Promise<{ readonly path: string; readonly sha256: string }> {
  const path = join(folder, `file-${bytes}.bin`);
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(Math.min(bytes, 4 * MIB));
  for (let at = 0; at < bytes; at += chunk.length) {
    const some = randomFillSync(chunk).subarray(0, bytes - at);
    hash.update(some);
    await file.write(some);
  }
  await file.close();
  await utimes(path, 1_700_000_000, 1_700_000_000);
  return { path, sha256: hash.digest('hex') };
}

const choose = (page: Page, path: string) => page.getByLabel('File').setInputFiles(path);
const outcome = async (page: Page) => {
  await page.waitForFunction(`document.querySelector('output').textContent !== ''`);
  return page.locator('output').textContent();
};
const loaded = (page: Page, bytes: number) => page.waitForFunction(`world.loaded >= ${bytes}`);
const keyIn = async (page: Page) => z.string().parse(await page.evaluate('world.key'));

async function sha256Of(key: string): Promise<string> {
  const { Body } = await person.s3.send(new GetObjectCommand({ Bucket: sandbox.info.bucket, Key: key }));
  const hash = createHash('sha256');
  hash.update((await Body?.transformToByteArray()) ?? new Uint8Array(1));
  return hash.digest('hex');
}

describe('the uploader in a browser', () => {
  it.each([0, 8 * MIB, ...(IS_LONG ? [1, 6_000_000, 24_000_000] : [])])(
    'brings a file of %d bytes whole to S3, and says its bytes as they go',
    async (bytes) => {
      const at = await openPage();
      if (at === undefined) return;
      const { path, sha256 } = await fileOf(bytes);
      await choose(at.page, path);
      expect(await outcome(at.page)).toBe('done');
      expect(await at.page.evaluate('[world.loaded, world.sank]')).toEqual([bytes, false]);
      expect(await sha256Of(await keyIn(at.page))).toBe(sha256);
    },
  );

  it.each([12 * MIB, ...(IS_LONG ? [20 * MIB] : [])])(
    'rests while it is paused, with no byte of %d on its way, and goes on where it was',
    async (bytes) => {
      const at = await openPage();
      if (at === undefined) return;
      const { page, network } = at;
      const { path, sha256 } = await fileOf(bytes);
      const sentFirst = bytes - 8 * MIB;
      network.holdAfter(sentFirst);
      await choose(page, path);
      await loaded(page, sentFirst);
      await page.evaluate('world.pause.pause()');
      network.holdAfter(undefined);
      await expect.poll(network.quietForMs).toBeGreaterThan(2_000);
      expect(await page.locator('output').textContent()).toBe('');
      const sent = network.sentBytes();
      await page.evaluate('world.pause.resume()');
      expect(await outcome(page)).toBe('done');
      expect(await sha256Of(await keyIn(page))).toBe(sha256);
      // The two parts that were on their way went once more, and nothing else.
      expect(network.sentBytes() - sent).toBeLessThan(bytes - PART + 2 * PART);
    },
  );

  it.each([
    ['a network that is away', 6_000_000],
    ...(IS_LONG
      ? ([
          ['a network that is away', 20 * MIB],
          ['a server that is away while the browser believes that it is online', 20 * MIB],
        ] as const)
      : []),
  ] as const)('outlives %s in the middle of %d bytes', async (what, bytes) => {
    const at = await openPage();
    if (at === undefined) return;
    const { page, network, context } = at;
    const { path, sha256 } = await fileOf(bytes);
    network.holdAfter(bytes / 3);
    await choose(page, path);
    await loaded(page, bytes / 3);
    await context.setOffline(what === 'a network that is away');
    network.cut();
    await page.waitForFunction('world.sank');
    expect(await page.locator('output').textContent()).toBe('');
    network.holdAfter(undefined);
    network.mend();
    await context.setOffline(false);
    expect(await outcome(page)).toBe('done');
    expect(await page.evaluate('world.loaded')).toBe(bytes);
    expect(await sha256Of(await keyIn(page))).toBe(sha256);
  });

  it('goes on after a reload with the parts that S3 has', async () => {
    const at = await openPage();
    if (at === undefined) return;
    const { page, network } = at;
    const bytes = 40 * MIB;
    const { path, sha256 } = await fileOf(bytes);
    network.holdAfter(25 * MIB);
    await choose(page, path);
    await loaded(page, 25 * MIB);
    const key = await keyIn(page);
    await page.reload();
    await page.waitForFunction('globalThis.world !== undefined');
    // What was held back went down with the page before.
    network.cut();
    network.holdAfter(undefined);
    network.mend();
    const before = network.sentBytes();
    await choose(page, path);
    expect(await outcome(page)).toBe('done');
    expect(await keyIn(page)).toBe(key);
    expect(await sha256Of(key)).toBe(sha256);
    // What is "loaded" may still be in buffers of the system: two parts were on their way, and perhaps two are not in S3.
    expect(network.sentBytes() - before).toBeLessThan(bytes - 25 * MIB + 4 * PART);
    expect(await page.evaluate('world.uploader.unfinished()')).toEqual([]);
  });

  it('leaves nothing when it is aborted: no object, no parts, no record', async () => {
    const at = await openPage();
    if (at === undefined) return;
    const { page, network } = at;
    const { path } = await fileOf(20 * MIB);
    network.holdAfter(7 * MIB);
    await choose(page, path);
    await loaded(page, 7 * MIB);
    const begun = await page.evaluate('world.uploader.unfinished().then(([one]) => one.uploadId)');
    const uploadId = z.string().parse(begun);
    await page.evaluate(`world.control.abort(new Error('enough'))`);
    network.holdAfter(undefined);
    expect(await outcome(page)).toBe('failed: enough');
    const key = await keyIn(page);
    const { bucket } = sandbox.info;
    const listed = await person.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }));
    expect(listed.KeyCount).toBe(0);
    expect(await page.evaluate('world.uploader.unfinished()')).toEqual([]);
    const parts = new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
    const partsOf = () =>
      person.s3.send(parts).then(
        () => 'parts',
        (error: unknown) => asError(error).name,
      );
    await expect.poll(partsOf).toBe('NoSuchUpload');
  });

  it('asks for credentials again when they expire on the way', async () => {
    const at = await openPage();
    if (at === undefined) return;
    const { page, context, asked } = at;
    const { path, sha256 } = await fileOf(11 * MIB);
    let refused = 0;
    // As S3 answers: a session token that was good for the first part is good no longer.
    await context.route(/partNumber=[23]&/, (route) => {
      if (refused >= 2) return route.continue();
      refused += 1;
      return route.fulfill({
        status: 403,
        contentType: 'application/xml',
        headers: { 'access-control-allow-origin': '*' },
        body: '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>',
      });
    });
    const before = asked();
    await choose(page, path);
    expect(await outcome(page)).toBe('done');
    expect(refused).toBe(2);
    // To begin, three parts, two of them twice, and to complete.
    expect(asked() - before).toBeGreaterThanOrEqual(7);
    expect(await sha256Of(await keyIn(page))).toBe(sha256);
  });
});
