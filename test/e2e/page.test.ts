import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Epoch, uploadIdOf, type UploadState } from '@stepcast/contracts';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { accessibilityProblems, screenshot, startBrowser, watchForProblems } from './browser.ts';
import { buildPage } from '../support/built-page.ts';
import { paintedPhoto } from './painted-photo.ts';
import { ago, begun, execution, running, step } from './sample-states.ts';
import { SCRIPTED_ORIGIN, scriptSandbox, type ScriptedSandbox } from './scripted-sandbox.ts';

const desktop = { width: 1280, height: 900 };
const phone = { width: 360, height: 740 };

let browser: Browser | undefined;
let built: Awaited<ReturnType<typeof buildPage>>;
let ending: (() => Promise<void>)[] = [];
let photo: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  browser = await startBrowser('the states of the page (test/e2e/page.test.ts)');
  built = await buildPage();
  photo = await paintedPhoto();
});
afterEach(async () => {
  for (const end of ending.reverse()) await end();
  ending = [];
});
afterAll(async () => {
  await browser?.close();
  await built.remove();
});

/** Runs a test with a page, where there is a browser; where there is none, the summary of the run says so. */
const withPage =
  (
    options: BrowserContextOptions,
    body: (parts: { page: Page; sandbox: ScriptedSandbox; problems: readonly string[] }) => Promise<void>,
  ) =>
  async () => {
    if (browser === undefined) return;
    const context = await browser.newContext({ viewport: desktop, ...options });
    ending.push(() => context.close());
    const sandbox = await scriptSandbox(context, built.directory);
    ending.push(() => sandbox.close());
    const page = await context.newPage();
    const problems = watchForProblems(page);
    await page.goto(SCRIPTED_ORIGIN);
    await body({ page, sandbox, problems });
  };

const panelOf = (page: Page, name: string): Locator => page.getByRole('region', { name });

async function signIn(page: Page, name: string): Promise<Locator> {
  const panel = panelOf(page, name);
  await panel.getByRole('button', { name: 'Sign in' }).click();
  await panel.getByText('Live', { exact: true }).waitFor();
  return panel;
}

async function uploadPhoto(sandbox: ScriptedSandbox, panel: Locator, name: string): Promise<string> {
  const key = sandbox.nextUpload();
  await panel.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/jpeg', buffer: photo });
  return key;
}

const card = (panel: Locator, name: string) => panel.getByRole('article', { name });

describe('the page', () => {
  it(
    'is there for people who are signed out, in order and in words',
    withPage({ colorScheme: 'light' }, async ({ page, problems }) => {
      await panelOf(page, 'Alice').waitFor();
      expect(await panelOf(page, 'Bob').getByLabel('Password').inputValue()).toBe('bob-in-the-sandbox');
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, 'page-signed-out-light');
      expect(problems).toEqual([]);
    }),
  );

  it(
    'says that name and password do not go together',
    withPage({}, async ({ page }) => {
      const panel = panelOf(page, 'Alice');
      await panel.getByLabel('Password').fill('something else');
      await panel.getByLabel('Password').press('Enter');
      await panel.getByText('Name and password do not go together.').waitFor();
      expect(await panel.getByRole('button', { name: 'Sign in' }).isEnabled()).toBe(true);
    }),
  );

  it(
    'says that access is being made ready, and what to do when it is refused',
    withPage({ colorScheme: 'dark' }, async ({ page, sandbox }) => {
      sandbox.setProvisioning('waits');
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in' }).click();
      await alice.getByText('Getting access ready').waitFor();
      sandbox.setProvisioning('refuses');
      const bob = panelOf(page, 'Bob');
      await bob.getByRole('button', { name: 'Sign in' }).click();
      await bob.getByText('Session ended').waitFor();
      expect(await bob.getByText('Sign out and in again.').isVisible()).toBe(true);
      expect(await accessibilityProblems(page)).toEqual([]);
      await screenshot(page, 'page-getting-ready-dark');
      sandbox.setProvisioning('answers');
      await bob.getByRole('button', { name: 'Try again' }).click();
      await bob.getByText('Live', { exact: true }).waitFor();
    }),
  );

  describe.each([
    ['desktop', 'light', desktop],
    ['desktop', 'dark', desktop],
    ['phone', 'light', phone],
    ['phone', 'dark', phone],
  ] as const)('on a %s, %s', (device, colorScheme, viewport) => {
    it(
      'shows uploads in every state',
      withPage({ viewport, colorScheme, reducedMotion: 'reduce' }, async ({ page, sandbox, problems }) => {
        const alice = await signIn(page, 'Alice');
        const bob = await signIn(page, 'Bob');
        expect(await bob.getByText('No uploads yet.').isVisible()).toBe(true);
        if (device === 'desktop') await screenshot(page, `page-empty-${device}-${colorScheme}`);

        const done = await uploadPhoto(sandbox, alice, 'breakfast-by-the-window.jpg');
        const spread = begun.map(
          (one) => ({ ...one, status: 'succeeded', ended: one.visits, endedAt: ago(1) }) as const,
        );
        const map = step('Look at each tile', 'Map', {
          iterations: { total: 12, started: 12, succeeded: 12, failed: 0 },
        });
        await sandbox.say('alice', done, {
          status: 'succeeded',
          percent: 100,
          steps: [...spread, map, step('Sum up', 'Task'), step('Done', 'Succeed')],
          executions: [execution],
        });
        await card(alice, 'breakfast-by-the-window.jpg').getByText('Finished').waitFor();

        const active = await uploadPhoto(sandbox, alice, 'harbour at dusk, long exposure, second try.jpg');
        const retried = step('Analyse colours', 'Task', { ...running, status: 'retrying', attempt: 2 });
        await sandbox.say('alice', active, { percent: 41.2, etaSeconds: 5.4, steps: [...begun, retried] });
        await card(alice, 'harbour at dusk').getByText('Trying again: Analyse colours').waitFor();

        const failed = await uploadPhoto(sandbox, bob, 'notes.txt');
        const error = { name: 'NotAnImage', message: 'The file is not a picture. Choose a JPEG or PNG.' };
        const caught = step('Check the file', 'Task', { status: 'caught', error: { name: 'NotAnImage' } });
        const fail = step('Not an image', 'Fail', { status: 'failed', error });
        await sandbox.say('bob', failed, { status: 'failed', percent: 12, error, steps: [caught, fail] });
        await card(bob, 'notes.txt').getByText(error.message).waitFor();

        sandbox.setStorage('refuses');
        await bob
          .locator('input[type=file]')
          .setInputFiles({ name: 'refused.jpg', mimeType: 'image/jpeg', buffer: photo });
        await card(bob, 'refused.jpg').getByText('The upload did not get through').waitFor();
        sandbox.setStorage('answers');
        const unknown = await uploadPhoto(sandbox, bob, 'first-of-its-kind.jpg');
        await sandbox.say('bob', unknown, { percent: null, steps: begun });
        const bar = card(bob, 'first-of-its-kind.jpg').getByRole('progressbar');
        await card(bob, 'first-of-its-kind.jpg').getByText('Resize', { exact: true }).first().waitFor();

        expect(await bar.getAttribute('aria-valuenow')).toBeNull();
        expect(
          await card(alice, 'harbour at dusk').getByRole('progressbar').getAttribute('aria-valuenow'),
        ).toBe('41');
        expect(await accessibilityProblems(page)).toEqual([]);
        await screenshot(page, `page-uploads-${device}-${colorScheme}`);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          viewport.width,
        );
        // The refused upload is logged by the browser itself.
        expect(problems.filter((line) => !line.includes('403'))).toEqual([]);
      }),
    );
  });

  it(
    'shows a lost connection, and goes on when it is back',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun });
      await card(alice, 'photo.jpg').getByText('20%').waitFor();
      await sandbox.breakConnections();
      await alice.getByText('Reconnecting').waitFor();
      expect(await card(alice, 'photo.jpg').getByText('20%').isVisible()).toBe(true);
      await screenshot(page, 'page-reconnecting-light');
      sandbox.mendConnections();
      await sandbox.say('alice', key, { percent: 60, steps: begun });
      await card(alice, 'photo.jpg').getByText('60%').waitFor();
      await alice.getByText('Live', { exact: true }).waitFor();
    }),
  );

  it(
    'brings the uploads back after a reload, for the same person only',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await signIn(page, 'Bob');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      const state: Partial<UploadState> = { percent: 37, steps: begun };
      await sandbox.say('alice', key, state);
      await card(alice, 'photo.jpg').getByText('37%').waitFor();
      await sandbox.overview('alice', [
        {
          uploadId: uploadIdOf('uploads', key),
          position: { epoch: Epoch.parse('3kTq'), offset: sandbox.positionOf(key) },
          bucket: 'uploads',
          key,
          status: 'running',
          percent: 37,
          epochStartedAt: sandbox.startedAt,
          updatedAt: ago(0),
        },
      ]);
      await page.reload();
      await card(panelOf(page, 'Alice'), 'photo.jpg').getByText('37%').waitFor();
      expect(await panelOf(page, 'Bob').getByRole('article').count()).toBe(0);
      await panelOf(page, 'Alice').getByRole('button', { name: 'Sign out' }).click();
      expect(await panelOf(page, 'Alice').getByRole('article').count()).toBe(0);
    }),
  );

  it(
    'can be used with the keyboard alone',
    withPage({}, async ({ page, sandbox }) => {
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in' }).focus();
      await page.keyboard.press('Enter');
      await alice.getByText('Live', { exact: true }).waitFor();
      const key = sandbox.nextUpload();
      await alice.getByRole('button', { name: 'Use a sample photo' }).focus();
      await page.keyboard.press('Space');
      await sandbox.say('alice', await key, { percent: 50, steps: begun });
      await alice.getByText('50%').waitFor();
      const steps = alice.getByRole('group', { name: /^Steps of/ });
      await steps.focus();
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(
        /^Steps of hills/,
      );
      await screenshot(page, 'page-sample-photo');
    }),
  );

  it(
    'cancels an upload and sends it again',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      sandbox.setStorage('waits');
      await alice
        .locator('input[type=file]')
        .setInputFiles({ name: 'slow.jpg', mimeType: 'image/jpeg', buffer: photo });
      await card(alice, 'slow.jpg').getByRole('button', { name: 'Cancel' }).click();
      await card(alice, 'slow.jpg').getByText('Upload cancelled').waitFor();
      sandbox.setStorage('answers');
      const key = sandbox.nextUpload();
      await card(alice, 'slow.jpg').getByRole('button', { name: 'Upload again' }).click();
      expect(await key).toMatch(/slow\.jpg$/);
      await card(alice, 'slow.jpg').getByText('Waiting for the workflow').waitFor();
      await screenshot(page, 'page-waiting');
    }),
  );

  it(
    'says so when the sandbox is away',
    withPage({}, async ({ page }) => {
      await page.context().route(`${SCRIPTED_ORIGIN}/sandbox.json`, (route) => route.abort());
      await page.reload();
      await page.getByText('The sandbox does not answer. Is it still running?').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    }),
  );
});
