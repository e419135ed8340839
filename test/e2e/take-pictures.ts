import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@stepcast/kit';
import { readSandboxConfig, startSandbox } from '@stepcast/sandbox';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildPage } from '../support/built-page.ts';
import { startBrowser } from './start-browser.ts';
import { paintedPhoto } from './painted-photo.ts';

/*
 * `npm run docs:pictures [FOLDER]`: the pictures of the page in the documentation, taken of a sandbox that runs. They are PNG files; what is
 * committed was made smaller by hand.
 */

const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'output', 'pictures');
await mkdir(folder, { recursive: true });
const browser = await startBrowser('the pictures of the documentation');
if (browser === undefined) process.exit(1);
const built = await buildPage();
const config = readSandboxConfig({ PORT: '0' }, ['--guests']);
if (config === 'help') throw new Error('asked for a configuration, got the help');
const sandbox = await startSandbox({
  config,
  logger: createLogger({ service: 'sandbox', level: 'error' }),
  pageDirectory: built.directory,
});

const panelOf = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const cardOf = (page: Page, name: string) => page.getByRole('article', { name });
const jpeg = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/jpeg', buffer });

async function open(from: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await from.newContext({
    viewport: { width: 1200, height: 800 },
    colorScheme: 'light',
    locale: 'en-GB',
    ...options,
  });
  // On a machine that does much else, a workflow takes its time.
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  await page.goto(sandbox.url);
  return page;
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Sign in as ${name}` }).click();
  await panelOf(page, name).getByText('Live', { exact: true }).waitFor();
}

const give = (page: Page, name: string, files: ReturnType<typeof jpeg>[]) =>
  panelOf(page, name).locator('input[type=file]').setInputFiles(files);

/** What is further down is of no use in a text. */
const MOST_HEIGHT = 1_120;

async function take(page: Page, name: string): Promise<void> {
  // Whatever has the focus or the pointer should not be what one sees first.
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
  const width = page.viewportSize()?.width ?? 0;
  const whole = Number(await page.evaluate('document.documentElement.scrollHeight'));
  const clip = { x: 0, y: 0, width, height: Math.min(whole, MOST_HEIGHT) };
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, clip });
  process.stdout.write(`${name}\n`);
}

/** A photo whose colours are analysed only at the second attempt; see the workflow's handlers. */
async function photoWithRetry(from: number): Promise<Buffer> {
  for (let hue = from; hue < from + 60; hue += 1) {
    const photo = await paintedPhoto(1600, 1067, hue);
    const etag = createHash('md5').update(photo).digest('hex');
    if (createHash('sha256').update(etag).digest().readUInt32BE(0) % 3 === 0) return photo;
  }
  throw new Error('no photo of sixty would have a retry');
}

try {
  const page = await open(browser);
  await page.getByRole('region', { name: 'The workflow' }).locator('svg.drawing').waitFor();
  await take(page, 'signed-out');
  await signIn(page, 'Alice');
  await panelOf(page, 'Alice').getByText('No uploads yet.').waitFor();
  await take(page, 'empty');

  // Bytes that take their time.
  const session = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 20, downloadThroughput: -1, uploadThroughput: 150_000 };
  await session.send('Network.emulateNetworkConditions', slow);
  await give(page, 'Alice', [jpeg('harbour.jpg', Buffer.alloc(2_400_000, 7))]);
  await cardOf(page, 'harbour.jpg').getByText(/KB\/s/).waitFor();
  await take(page, 'uploading');
  await cardOf(page, 'harbour.jpg').getByRole('button', { name: 'Cancel' }).click();
  await session.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });

  await give(page, 'Alice', [jpeg('breakfast-by-the-window.jpg', await photoWithRetry(20))]);
  await cardOf(page, 'breakfast').getByText('Finished').waitFor();
  const note = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('These are words.') };
  await give(page, 'Alice', [note]);
  await cardOf(page, 'notes.txt').getByText('The workflow failed').waitFor();
  await give(page, 'Alice', [jpeg('hills-at-dusk.jpg', await photoWithRetry(200))]);
  await cardOf(page, 'hills')
    .getByText(/^Look at each tile: [5-8] of 12/)
    .waitFor();
  await take(page, 'running-timeline');
  await cardOf(page, 'hills').getByText('Finished').waitFor();
  await take(page, 'finished');
  await cardOf(page, 'hills')
    .getByRole('treeitem', { name: /^Analyse colours/ })
    .click();
  await cardOf(page, 'hills')
    .getByRole('region', { name: /^Details of/ })
    .waitFor();
  await take(page, 'details');
  await page.getByRole('button', { name: /^Close the details/ }).click();
  await cardOf(page, 'hills').locator('summary', { hasText: 'steps' }).click();
  await cardOf(page, 'notes.txt').locator('summary', { hasText: 'steps' }).click();
  await cardOf(page, 'notes.txt').getByRole('tree').waitFor();
  await take(page, 'failed');
  await cardOf(page, 'notes.txt').locator('summary', { hasText: 'steps' }).click();

  await give(page, 'Alice', [jpeg('valley.jpg', await photoWithRetry(100))]);
  await cardOf(page, 'valley').getByRole('tab', { name: 'Graph' }).click();
  await cardOf(page, 'valley').locator('svg.drawing').waitFor();
  await cardOf(page, 'valley')
    .getByText(/^Look at each tile: [3-8] of 12/)
    .waitFor();
  await take(page, 'running-graph');
  await cardOf(page, 'valley').getByText('Finished').waitFor();

  const people = await open(browser, { colorScheme: 'dark', viewport: { width: 1360, height: 800 } });
  await signIn(people, 'Alice');
  await signIn(people, 'Bob');
  await give(people, 'Bob', [jpeg('sea.jpg', await photoWithRetry(300))]);
  await cardOf(people, 'sea.jpg')
    .getByText(/^Look at each tile: [5-8] of 12/)
    .waitFor();
  await panelOf(people, 'Alice')
    .getByRole('button', { name: /try to read/ })
    .click();
  await people.getByText('Refused.').waitFor();
  await take(people, 'two-people-dark');

  const guest = await open(browser);
  await guest.getByRole('button', { name: 'Continue as a guest' }).click();
  await panelOf(guest, 'Guest').getByText('Live', { exact: true }).waitFor();
  await give(guest, 'Guest', [jpeg('guest.jpg', await paintedPhoto())]);
  await cardOf(guest, 'guest.jpg').getByText('Finished').waitFor();
  await take(guest, 'guest');

  const phone = await open(browser, {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    deviceScaleFactor: 2,
  });
  await signIn(phone, 'Bob');
  await give(phone, 'Bob', [jpeg('ridge.jpg', await photoWithRetry(150))]);
  await cardOf(phone, 'ridge.jpg')
    .getByText(/^Look at each tile: [5-8] of 12/)
    .waitFor();
  await take(phone, 'phone-dark');
  await cardOf(phone, 'ridge.jpg').getByText('Finished').waitFor();

  await page.getByText('Inject faults').click();
  await page.getByLabel('Lose what starts a workflow').selectOption('always');
  await give(page, 'Alice', [jpeg('lost.jpg', await paintedPhoto(1600, 1067, 40))]);
  await cardOf(page, 'lost.jpg').getByText('longer than usual').waitFor({ timeout: 120_000 });
  await cardOf(page, 'lost.jpg').getByText('What to look at').click();
  await take(page, 'waiting-long');
  await page.getByLabel('Lose what starts a workflow').selectOption('never');
  await page.getByText('Inject faults').click();

  await give(page, 'Alice', [jpeg('last.jpg', await photoWithRetry(10))]);
  await cardOf(page, 'last.jpg')
    .getByText(/^Look at each tile: [3-8] of 12/)
    .waitFor();
  await sandbox.stop({ force: true });
  await page.getByText('The sandbox does not answer.').waitFor();
  await take(page, 'sandbox-gone');
} finally {
  await browser.close();
  await sandbox.stop({ force: true }).catch(() => undefined);
  await built.remove();
}
