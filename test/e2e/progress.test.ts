import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '@stepcast/kit';
import { readSandboxConfig, startSandbox, type Sandbox } from '@stepcast/sandbox';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { accessibilityProblems, recordTexts, screenshot, watchForProblems } from './browser.ts';
import { startBrowser } from './start-browser.ts';
import { buildPage } from '../support/built-page.ts';
import { IS_LONG } from '../support/long-form.ts';
import { paintedPhoto } from './painted-photo.ts';

let browser: Browser | undefined;
let built: Awaited<ReturnType<typeof buildPage>>;
let sandbox: Sandbox;

beforeAll(async () => {
  browser = await startBrowser('upload to live progress in a browser (test/e2e/progress.test.ts)');
  built = await buildPage();
  const config = readSandboxConfig({ PORT: '0' }, ['--guests']);
  if (config === 'help') throw new Error('asked for a configuration, got the help');
  sandbox = await startSandbox({
    config,
    logger: createLogger({ service: 'sandbox', level: 'error' }),
    pageDirectory: built.directory,
  });
});
afterAll(async () => {
  await browser?.close();
  await sandbox.stop();
  await built.remove();
});

const panelOf = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const card = (panel: Locator, name: string): Locator => panel.getByRole('article', { name });

/** Opens the page in a browser profile of its own. */
async function openPage(options: BrowserContextOptions = {}) {
  if (browser === undefined) throw new Error('there is no browser');
  const context: BrowserContext = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const problems = watchForProblems(page);
  await page.goto(sandbox.url);
  return { page, problems, close: () => context.close() };
}

async function signIn(page: Page, name: string): Promise<Locator> {
  const panel = panelOf(page, name);
  await panel.getByRole('button', { name: `Sign in as ${name}` }).click();
  await panel.getByText('Live', { exact: true }).waitFor();
  return panel;
}

interface UploadedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}
const give = (panel: Locator, files: UploadedFile[] | string) =>
  panel.locator('input[type=file]').setInputFiles(files);

/** A photo at whose content the first attempt of "Analyse colours" fails; see the workflow's handlers. */
async function photoWithRetry(): Promise<Buffer> {
  for (let hue = 0; hue < 60; hue += 1) {
    const photo = await paintedPhoto(1600, 1067, hue);
    const etag = createHash('md5').update(photo).digest('hex');
    if (createHash('sha256').update(etag).digest().readUInt32BE(0) % 3 === 0) return photo;
  }
  throw new Error('no photo of sixty would have a retry');
}

/** Every value that the bar shows until the upload is over, in order and without repetition. */
async function valuesUntilEnd(upload: Locator): Promise<(number | null)[]> {
  const bar = upload.locator('[role=progressbar]');
  const values: (number | null)[] = [];
  for (;;) {
    // Asked first: what is read after the end is the last value.
    const ended = (await upload.getAttribute('data-ended')) === 'true';
    const text = await bar.getAttribute('aria-valuenow');
    const value = text === null ? null : Number(text);
    if (values.at(-1) !== value) values.push(value);
    if (ended) return values;
    // Ten times a second: each frame would take as much of the CPU as the page does.
    await upload.page().waitForFunction('new Promise((resolve) => setTimeout(resolve, 100, true))');
  }
}

/** Runs a test where there is a browser; where there is none, the summary of the run says so. */
const inBrowser = (body: () => Promise<void>) => async () => {
  if (browser !== undefined) await body();
};

describe('upload to live progress in a browser', () => {
  it(
    'shows a person their own uploads to the end, and nobody else’s',
    inBrowser(async () => {
      const { page, problems, close } = await openPage({ colorScheme: 'light' });
      const alice = await signIn(page, 'Alice');
      const bob = await signIn(page, 'Bob');

      const reports = await recordTexts(page, /reading the picture|counting its colours/);
      await give(alice, [
        { name: 'hills.jpg', mimeType: 'image/jpeg', buffer: await photoWithRetry() },
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('These are words.') },
        { name: 'nothing.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
      ]);
      const hills = card(alice, 'hills.jpg');
      const values = valuesUntilEnd(hills);
      await hills.getByText('Look at each tile').first().waitFor();
      await screenshot(page, 'progress-running-desktop-light');

      expect((await values).at(-1)).toBe(100);
      // What "Analyse colours" says of itself while it runs. A busy page may get both at once, and then shows the second alone.
      expect((await reports()).join()).toMatch(/10%, reading the picture|60%, counting its colours/);
      // The file first, then, after a wait without a measure, the workflow.
      const measured = (await values).slice((await values).lastIndexOf(null) + 1);
      expect(measured.length).toBeGreaterThan(3);
      expect(measured).toEqual(measured.toSorted((a, b) => Number(a) - Number(b)));
      await hills.getByText('Finished').waitFor();
      expect(await hills.getByText('2 attempts').count()).toBe(1);
      expect(await hills.getByText(/12 of 12 done/).count()).toBeGreaterThan(0);

      const notes = card(alice, 'notes.txt');
      await notes.getByText('The workflow failed').waitFor();
      // The step in the timeline may say them too, with the error's name before them.
      const notPicture = 'The file is not a picture. Choose a JPEG, PNG, WebP, GIF, TIFF or AVIF.';
      expect(await notes.getByText(notPicture, { exact: true }).isVisible()).toBe(true);
      expect(await notes.getByText('NotAnImage').first().isVisible()).toBe(true);
      const empty = 'The file has no content. Choose another file.';
      await card(alice, 'nothing.jpg').getByText(empty, { exact: true }).waitFor();

      expect(await bob.getByRole('article').count()).toBe(0);
      expect(await bob.getByText('No uploads yet.').isVisible()).toBe(true);
      await bob.getByRole('button', { name: 'As Bob, try to read Alice’s progress' }).click();
      await bob.getByText('Refused. The broker does not let Bob connect as Alice.').waitFor();

      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, 'progress-finished-desktop-light');
      expect(problems).toEqual([]);

      await page.reload();
      await card(panelOf(page, 'Alice'), 'hills.jpg').getByText('Finished').waitFor();
      await card(panelOf(page, 'Alice'), 'notes.txt').getByText('The workflow failed').waitFor();
      expect(await panelOf(page, 'Bob').getByRole('article').count()).toBe(0);
      await close();
    }),
  );

  it(
    'works on a phone in the dark, and brings a running upload back after a reload',
    inBrowser(async () => {
      const { page, close } = await openPage({
        viewport: { width: 360, height: 740 },
        colorScheme: 'dark',
        hasTouch: true,
      });
      const bob = await signIn(page, 'Bob');
      await give(bob, [
        { name: 'valley.jpg', mimeType: 'image/jpeg', buffer: await paintedPhoto(1200, 1600, 200) },
      ]);
      await card(bob, 'valley.jpg').getByText('Look at each tile').first().waitFor();
      await page.reload();
      const again = card(panelOf(page, 'Bob'), 'valley.jpg');
      await again.getByText('Finished').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await screenshot(page, 'progress-finished-phone-dark');
      await close();
    }),
  );

  it(
    'keeps an upload whose event was lost, also over a reload, and says that nobody else may switch that',
    inBrowser(async () => {
      const { page, close } = await openPage({ colorScheme: 'light' });
      await page.getByText('Inject faults').click();
      const lose = page.getByLabel('Lose what starts a workflow');
      await lose.selectOption('always');
      await page.getByText('lose what starts a workflow: always').waitFor();
      const alice = await signIn(page, 'Alice');
      await give(alice, [{ name: 'lost.jpg', mimeType: 'image/jpeg', buffer: await paintedPhoto() }]);
      await card(alice, 'lost.jpg').getByText('Waiting for the workflow').waitFor();
      await lose.selectOption('never');
      await page.getByText('lose what starts a workflow: always').waitFor({ state: 'detached' });
      await page.reload();
      const again = card(panelOf(page, 'Alice'), 'lost.jpg');
      await again.getByText('Waiting for the workflow').waitFor();
      await again.locator('img').waitFor();

      const change = (headers: Record<string, string>, body = '{"lose":1}') =>
        fetch(`${sandbox.url}/faults`, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        });
      const token = { 'x-stepcast-token': sandbox.token };
      const elsewhere = { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' };
      expect((await change({})).status).toBe(403);
      expect((await change(elsewhere)).status).toBe(403);
      expect((await change({ ...token }, '{"lose":2}')).status).toBe(400);
      expect((await change({ ...token }, '{"loose":1}')).status).toBe(400);
      const rates: unknown = await (await change({ ...token }, `{"reorder":0.25}`)).json();
      expect(rates).toEqual({ duplicate: 0, reorder: 0.25, delay: 0, truncate: 0, lose: 0, loseUploads: 0 });
      await change({ ...token }, '{"reorder":0}');
      await close();
    }),
  );

  it(
    'lets a guest upload and watch, and be the same guest after a reload',
    inBrowser(async () => {
      const { page, problems, close } = await openPage({ colorScheme: 'light' });
      await page.getByRole('button', { name: 'Continue as a guest' }).click();
      const guest = panelOf(page, 'Guest');
      await guest.getByText('Live', { exact: true }).waitFor();
      await give(guest, [{ name: 'guest.jpg', mimeType: 'image/jpeg', buffer: await paintedPhoto() }]);
      await card(guest, 'guest.jpg').getByText('Finished').waitFor();
      await page.reload();
      await card(guest, 'guest.jpg').getByText('Finished').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(problems).toEqual([]);
      await close();
    }),
  );

  if (IS_LONG)
    it(
      'takes a file of 64 MB in parts, and the workflow refuses it at once',
      inBrowser(async () => {
        const folder = await mkdtemp(join(tmpdir(), 'stepcast-large-'));
        const path = join(folder, 'large.jpg');
        const file = await open(path, 'w');
        await file.truncate(64_000_000);
        await file.close();
        const { page, close } = await openPage();
        const alice = await signIn(page, 'Alice');
        const sent = await recordTexts(page, /MB of 64 MB/);
        await give(alice, path);
        const large = card(alice, 'large.jpg');
        // The timeline says it too.
        const problem = large.locator('.problem');
        await problem.getByText('The picture is larger than this workflow takes').waitFor();
        expect(await problem.getByText('FileTooLarge').isVisible()).toBe(true);
        expect((await sent()).length).toBeGreaterThan(0);
        await close();
        await rm(folder, { recursive: true });
      }),
      200_000,
    );
});
