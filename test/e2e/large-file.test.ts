import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Browser } from 'playwright-core';
import * as z from 'zod';
import { IS_LONG } from '../support/long-form.ts';
import { startBrowser } from './start-browser.ts';

/*
 * A file that no page could hold in memory. S3 is a stub that throws away what it gets: the sandbox would keep it. What S3 itself does
 * with parts is tested against the sandbox, in uploader.test.ts.
 */

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const CONCURRENCY = 2;
/** Three times what is on its way at a time, or ten. The disk holds none of it: the file is a hole. */
const SIZE = (IS_LONG ? 100 : 30) * MIB + 1;

/** Counts how much of the file is read in one go. */
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Large file</title>
<input type="file" aria-label="File"><output></output>
<script type="module">
  import { s3Signer, s3Uploader } from '/stepcast.min.js';
  globalThis.mostRead = 0;
  for (const name of ['arrayBuffer', 'text', 'bytes', 'stream']) {
    const read = Blob.prototype[name];
    if (read === undefined) continue;
    Blob.prototype[name] = function () {
      mostRead = Math.max(mostRead, this.size);
      return read.call(this);
    };
  }
  const keys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example', sessionToken: 'example', expiration: new Date(Date.now() + 3600000) };
  const sign = s3Signer({ region: 'us-east-1', endpoint: location.origin, credentials: async () => keys });
  const uploader = s3Uploader({ sign, partBytes: ${PART}, concurrency: ${CONCURRENCY} });
  document.querySelector('input').addEventListener('change', async ({ target }) => {
    const said = (text) => (document.querySelector('output').textContent = text);
    await uploader.upload(target.files[0], { bucket: 'uploads', key: 'large.bin' }).then(() => said('done'), (error) => said(String(error)));
  });
</script>`;

let folder = '';
let browser: Browser | undefined;

beforeAll(async () => {
  browser = await startBrowser('an upload of a large file (test/e2e/large-file.test.ts)');
  folder = await mkdtemp(join(tmpdir(), 'stepcast-large-'));
  const script = join(import.meta.dirname, '../../clients/web/scripts/bundle.mjs');
  await runCommand(process.execPath, [script, folder], { timeoutMs: 300_000 });
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** S3 as far as an upload in parts asks for it, and the page beside it. */
async function stubbedS3() {
  const script = await readFile(join(folder, 'stepcast.min.js'));
  const seen = { bytes: 0, largest: 0, onTheirWay: 0, mostOnTheirWay: 0 };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    if (pathname === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (pathname === '/stepcast.min.js')
      response.setHeader('content-type', 'text/javascript').end(script);
    else if (request.method === 'PUT')
      response.setHeader('etag', `"${searchParams.get('partNumber')}"`).end();
    else if (searchParams.has('uploads'))
      response.end('<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>');
    else if (request.method === 'POST')
      response.end('<CompleteMultipartUploadResult><ETag>"all-1"</ETag></CompleteMultipartUploadResult>');
    else response.writeHead(404).end();
  }

  const server = createServer((request, response) => {
    const length = request.method === 'PUT' ? Number(request.headers['content-length']) : 0;
    seen.largest = Math.max(seen.largest, length);
    seen.onTheirWay += length;
    seen.mostOnTheirWay = Math.max(seen.mostOnTheirWay, seen.onTheirWay);
    request.on('end', () => {
      seen.bytes += length;
      seen.onTheirWay -= length;
      answer(request, response);
    });
    request.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a file larger than memory', () => {
  it('is read a MiB at a time, and no more of it is on its way than the parts that go side by side', async () => {
    if (browser === undefined) return;
    const s3 = await stubbedS3();
    const path = join(folder, 'large.bin');
    const file = await open(path, 'w');
    await file.truncate(SIZE);
    await file.close();
    const page = await browser.newPage();
    await page.goto(s3.origin);
    await page.getByLabel('File').setInputFiles(path);
    await page.locator('output:not(:empty)').waitFor({ timeout: 240_000 });
    expect(await page.locator('output').textContent()).toBe('done');
    expect(s3.seen.bytes).toBe(SIZE);
    expect(s3.seen.largest).toBe(PART);
    expect(s3.seen.mostOnTheirWay).toBeLessThanOrEqual(CONCURRENCY * PART);
    expect(await page.evaluate('mostRead')).toBe(MIB);
    await page.close();
    await s3.close();
  }, 300_000);
});
