import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Epoch, Offset, uploadIdOf, type OverviewEntry, type StepState } from '@stepcast/contracts';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { accessibilityProblems, screenshot, startBrowser, watchForProblems } from './browser.ts';
import { buildPage } from '../support/built-page.ts';
import { paintedPhoto } from './painted-photo.ts';
import { ago, begun, execution, running, step } from './sample-states.ts';
import { prefixOf, SCRIPTED_ORIGIN, scriptSandbox, type ScriptedSandbox } from './scripted-sandbox.ts';

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

interface Parts {
  readonly page: Page;
  readonly sandbox: ScriptedSandbox;
  readonly problems: readonly string[];
}

/** Runs a test with a page, where there is a browser; where there is none, the summary of the run says so. */
const withPage =
  (
    { config, ...options }: BrowserContextOptions & { config?: Parameters<typeof scriptSandbox>[2] },
    body: (parts: Parts) => Promise<void>,
  ) =>
  async () => {
    if (browser === undefined) return;
    const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
    ending.push(() => context.close());
    const sandbox = await scriptSandbox(context, built.directory, config);
    ending.push(() => sandbox.close());
    const page = await context.newPage();
    const problems = watchForProblems(page);
    await page.goto(SCRIPTED_ORIGIN);
    await body({ page, sandbox, problems });
  };

const panelOf = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

async function signIn(page: Page, name: string): Promise<Locator> {
  const panel = panelOf(page, name);
  await panel.getByRole('button', { name: `Sign in as ${name}` }).click();
  await panel.getByText('Live', { exact: true }).waitFor();
  return panel;
}

async function uploadPhoto(sandbox: ScriptedSandbox, panel: Locator, name: string): Promise<string> {
  const key = sandbox.nextUpload();
  await panel.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/jpeg', buffer: photo });
  return key;
}

const card = (panel: Locator, name: string) => panel.getByRole('article', { name });
const names = (panel: Locator) => panel.getByRole('heading', { level: 3 }).allTextContents();
const focused = (page: Page) => page.evaluate('document.activeElement.textContent');

/** What every state has to be: without a fault of accessibility, and no wider than the window. */
async function expectSound(page: Page, picture: string): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([]);
  const width = page.viewportSize()?.width ?? 0;
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  await screenshot(page, picture);
}

/** Steps of a photo that runs, with a Map half done and a retry that is over. */
const halfway = [
  ...begun.slice(0, 4),
  step('Resize and analyse', 'Parallel'),
  step('Resize', 'Task', { visits: 3, ended: 3 }),
  step('Analyse colours', 'Task', { attempt: 2 }),
  step('Look at each tile', 'Map', {
    ...running,
    iterations: { total: 12, started: 8, succeeded: 5, failed: 0 },
  }),
  step('Measure the tile', 'Task', { ...running, visits: 8, ended: 5 }),
];
const underWay = [{ ...execution, status: 'running', endedAt: null } as const];
const finished = halfway.map(
  (one) => ({ ...one, status: 'succeeded', ended: one.visits, endedAt: ago(1) }) as const,
);

function line(sandbox: ScriptedSandbox, key: string, over: Partial<OverviewEntry>): OverviewEntry {
  return {
    uploadId: uploadIdOf('uploads', key),
    position: { epoch: Epoch.parse('3kTq'), offset: Offset.parse(1) },
    bucket: 'uploads',
    key,
    status: 'running',
    percent: 37,
    epochStartedAt: sandbox.startedAt,
    updatedAt: ago(0),
    ...over,
  };
}

describe.each([
  ['desktop', 'light', desktop],
  ['desktop', 'dark', desktop],
  ['phone', 'light', phone],
  ['phone', 'dark', phone],
] as const)('each state of the page on a %s, %s', (device, colorScheme, viewport) => {
  const look = `${device}-${colorScheme}`;
  const withLook = (body: (parts: Parts) => Promise<void>) => withPage({ viewport, colorScheme }, body);

  it(
    'is sound: signed out, empty, two people, running, retrying, failed, refused, finished',
    withLook(async ({ page, sandbox, problems }) => {
      await panelOf(page, 'Alice').waitFor();
      expect(await panelOf(page, 'Bob').getByLabel('Password').inputValue()).toBe('bob-in-the-sandbox');
      await expectSound(page, `page-signed-out-${look}`);

      const alice = await signIn(page, 'Alice');
      await alice.getByText('No uploads yet.').waitFor();
      await expectSound(page, `page-empty-${look}`);

      const done = await uploadPhoto(sandbox, alice, 'breakfast-by-the-window.jpg');
      await sandbox.say('alice', done, {
        status: 'succeeded',
        percent: 100,
        steps: finished,
        executions: [execution],
      });
      await card(alice, 'breakfast-by-the-window.jpg').getByText('Finished').waitFor();

      const failed = await uploadPhoto(sandbox, alice, 'notes.txt');
      const error = { name: 'NotAnImage', message: 'The file is not a picture. Choose a JPEG or PNG.' };
      const caught = step('Check the file', 'Task', { status: 'caught', error: { name: 'NotAnImage' } });
      const fail = step('Not an image', 'Fail', { status: 'failed', error });
      await sandbox.say('alice', failed, { status: 'failed', percent: 12, error, steps: [caught, fail] });
      await card(alice, 'notes.txt').getByText(error.message).waitFor();

      const active = await uploadPhoto(sandbox, alice, 'harbour at dusk, long exposure, second try.jpg');
      await sandbox.say('alice', active, {
        percent: 61.2,
        etaSeconds: 5.4,
        steps: halfway,
        executions: underWay,
      });
      await card(alice, 'harbour at dusk').getByText('Look at each tile: 5 of 12').waitFor();
      // Its steps are open by themselves, and say what happened before.
      await card(alice, 'harbour at dusk').getByText('2 attempts').waitFor();
      const bar = card(alice, 'harbour at dusk').getByRole('progressbar');
      expect(await bar.getAttribute('aria-valuenow')).toBe('61');
      await expectSound(page, `page-running-${look}`);

      const bob = await signIn(page, 'Bob');
      const retried = await uploadPhoto(sandbox, bob, 'first-of-its-kind.jpg');
      const analyse = step('Analyse colours', 'Task', { ...running, status: 'retrying', attempt: 2 });
      await sandbox.say('bob', retried, { percent: null, steps: [...begun, analyse] });
      await card(bob, 'first-of-its-kind.jpg').getByText('Trying again: Analyse colours').waitFor();
      sandbox.setStorage('refuses');
      await bob
        .locator('input[type=file]')
        .setInputFiles({ name: 'refused.jpg', mimeType: 'image/jpeg', buffer: photo });
      await card(bob, 'refused.jpg').getByText('The upload did not get through').waitFor();
      await expectSound(page, `page-two-people-${look}`);
      // The refused upload is logged by the browser itself.
      expect(problems.filter((text) => !text.includes('403'))).toEqual([]);
    }),
  );
});

describe.each([
  ['desktop', 'light', desktop],
  ['desktop', 'dark', desktop],
  ['phone', 'light', phone],
  ['phone', 'dark', phone],
] as const)('a step that says how far it is, on a %s, %s', (device, colorScheme, viewport) => {
  const withLook = (body: (parts: Parts) => Promise<void>) => withPage({ viewport, colorScheme }, body);

  it(
    'is on the page by its bar and its text, in timeline and graph, and gone from both when it has ended',
    withLook(async ({ page, sandbox, problems }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      const analyse = (over: Partial<StepState>) => step('Analyse colours', 'Task', over);
      const report = { percent: 60, text: 'counting its colours', at: ago(0) };
      const done = begun.map(
        (one) => ({ ...one, status: 'succeeded', ended: one.visits, endedAt: ago(1) }) as const,
      );
      const parallel = step('Resize and analyse', 'Parallel', running);
      const steps = [...done.filter(({ name }) => name !== parallel.name), parallel];
      const shown = { percent: 43, etaSeconds: null, executions: underWay };
      await sandbox.say('alice', key, { ...shown, steps: [...steps, analyse({ ...running, report })] });
      const photoCard = card(alice, 'photo.jpg');
      await photoCard.getByText('Analyse colours: 60%, counting its colours').waitFor();
      const row = photoCard.getByRole('treeitem', { name: /^Analyse colours/ });
      expect(await row.textContent()).toContain('60%, counting its colours');
      expect(await row.locator('[part=report] rect').getAttribute('width')).toBe('60%');
      await expectSound(page, `page-reporting-${device}-${colorScheme}`);

      await photoCard.getByRole('tab', { name: 'Graph' }).click();
      const node = photoCard.locator('[data-step="Analyse colours"]');
      await node.locator('rect.done').waitFor();
      expect(await node.textContent()).toContain('60%');
      await expectSound(page, `page-reporting-graph-${device}-${colorScheme}`);

      await sandbox.say('alice', key, { ...shown, percent: 55, steps: [...steps, analyse({})] });
      await node.locator('rect.done').waitFor({ state: 'detached' });
      await photoCard.getByRole('tab', { name: 'Timeline' }).click();
      expect(await row.textContent()).not.toContain('counting');
      expect(problems).toEqual([]);
    }),
  );
});

describe('an upload that waits', () => {
  it(
    'is one line: eight of them fit a window',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const keys = Array.from({ length: 8 }, () => sandbox.nextUpload());
      await alice.locator('input[type=file]').setInputFiles(
        keys.map((_, index) => ({
          name: `photo-${index + 1}.jpg`,
          mimeType: 'image/jpeg',
          buffer: photo,
        })),
      );
      await Promise.all(keys);
      await alice.getByText('Waiting for the workflow').nth(7).waitFor();
      // In the order in which they were chosen, the first on top.
      expect(await names(alice)).toEqual(keys.map((_, index) => `photo-${index + 1}.jpg`));
      expect(await page.evaluate('document.querySelector(".uploads").offsetHeight')).toBeLessThan(700);
      await expectSound(page, 'page-eight-waiting');
    }),
  );

  it(
    'says when it takes longer than usual, and what an operator should look at',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const key = `${prefixOf('alice')}abc/photo.jpg`;
      await sandbox.say('alice', key, { status: 'queued', epochStartedAt: ago(90) });
      await sandbox.overview('alice', [line(sandbox, key, { status: 'queued', epochStartedAt: ago(90) })]);
      const alice = await signIn(page, 'Alice');
      await card(alice, 'photo.jpg').getByText('Waiting for the workflow, longer than usual').waitFor();
      await card(alice, 'photo.jpg').getByText('What to look at').click();
      await card(alice, 'photo.jpg')
        .getByText(/^npm run --silent stepcast -- lookup s3:\/\/uploads/)
        .waitFor();
      await expectSound(page, 'page-waiting-long');
    }),
  );

  it(
    'is there after a reload although the service never heard of it',
    withPage({}, async ({ page, sandbox }) => {
      sandbox.setStored([{ key: `${prefixOf('alice')}abc/lost.jpg`, uploadedAt: ago(90) }]);
      const alice = await signIn(page, 'Alice');
      await card(alice, 'lost.jpg').getByText('Waiting for the workflow').waitFor();
      expect(await names(alice)).toEqual(['lost.jpg']);
    }),
  );
});

describe('the list of uploads', () => {
  it(
    'pages through all of them, the newest first, in the same order after a reload',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const keys = Array.from(
        { length: 24 },
        (_, index) => `${prefixOf('alice')}k${index}/photo-${index}.jpg`,
      );
      sandbox.setStored(keys.map((key, index) => ({ key, uploadedAt: ago(100 + index * 60) })));
      const known = keys
        .slice(0, 15)
        .map((key, index) =>
          line(sandbox, key, { status: 'succeeded', epochStartedAt: ago(100 + index * 60) }),
        );
      await sandbox.overview('alice', known);
      const alice = await signIn(page, 'Alice');
      await alice.getByText('10 of 24 uploads').waitFor();
      const inOrder = keys.map((_, index) => `photo-${index}.jpg`);
      expect(await names(alice)).toEqual(inOrder.slice(0, 10));
      await expectSound(page, 'page-many');
      const more = alice.getByRole('button', { name: 'Show earlier uploads of Alice' });
      await more.click();
      await alice.getByText('20 of 24 uploads').waitFor();
      await more.click();
      await alice.getByText('24 uploads', { exact: true }).waitFor();
      expect(await names(alice)).toEqual(inOrder);
      expect(await more.isVisible()).toBe(false);
      await page.reload();
      await panelOf(page, 'Alice').getByText('10 of 24 uploads').waitFor();
      expect(await names(panelOf(page, 'Alice'))).toEqual(inOrder.slice(0, 10));
    }),
  );

  it(
    'comes back after a reload and in another tab, with thumbnails and the steps of what runs, for the same person only',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await signIn(page, 'Bob');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 37, steps: begun });
      await card(alice, 'photo.jpg').getByText('37%').waitFor();
      await card(alice, 'photo.jpg').locator('img').waitFor();
      const entry = line(sandbox, key, {});
      await sandbox.overview('alice', [
        { ...entry, position: { ...entry.position, offset: sandbox.positionOf(key) } },
      ]);
      await page.reload();
      const again = card(panelOf(page, 'Alice'), 'photo.jpg');
      await again.getByText('37%').waitFor();
      await again.locator('img').waitFor();
      await again.getByRole('treeitem', { name: /^Large or small/ }).waitFor();
      expect(await panelOf(page, 'Bob').getByRole('article').count()).toBe(0);
      const tab = await page.context().newPage();
      await tab.goto(SCRIPTED_ORIGIN);
      const inTab = await signIn(tab, 'Alice');
      await card(inTab, 'photo.jpg').locator('img').waitFor();
      await panelOf(page, 'Alice').getByRole('button', { name: 'Sign out Alice' }).click();
      expect(await page.getByRole('article').count()).toBe(0);
    }),
  );
});

describe('the connection', () => {
  it(
    'says that access is being made ready, and what to do when it is refused',
    withPage({ colorScheme: 'dark' }, async ({ page, sandbox }) => {
      sandbox.setProvisioning('waits');
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in as Alice' }).click();
      await alice.getByText('Getting access ready').waitFor();
      sandbox.setProvisioning('refuses');
      const bob = panelOf(page, 'Bob');
      await bob.getByRole('button', { name: 'Sign in as Bob' }).click();
      await bob.getByText('Session ended').waitFor();
      expect(await bob.getByText('Sign out and in again.').isVisible()).toBe(true);
      await expectSound(page, 'page-getting-ready-dark');
      sandbox.setProvisioning('answers');
      await bob.getByRole('button', { name: 'Try again as Bob' }).click();
      await bob.getByText('Live', { exact: true }).waitFor();
    }),
  );

  it(
    'that is lost marks what was under way, says that the sandbox is gone, and goes on when it is back',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun });
      await card(alice, 'photo.jpg').getByText('20%').waitFor();
      await sandbox.breakConnections('gone');
      await alice.getByText('Reconnecting').waitFor();
      await card(alice, 'photo.jpg')
        .getByText(/^20% · as of \d\d:\d\d/)
        .waitFor();
      await alice.getByText(/The sandbox does not answer\. What you see is as of .* npm start/).waitFor();
      await expectSound(page, 'page-sandbox-gone');
      sandbox.mendConnections();
      await sandbox.say('alice', key, { percent: 60, steps: begun });
      await card(alice, 'photo.jpg').getByText('60%').waitFor({ timeout: 30_000 });
      await alice.getByText('Live', { exact: true }).waitFor();
      expect(await alice.getByText('does not answer').count()).toBe(0);
    }),
    45_000,
  );

  it(
    'that the device does not have is said as that',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun });
      await card(alice, 'photo.jpg').getByText('20%').waitFor();
      await page.context().setOffline(true);
      await sandbox.breakConnections();
      await alice.getByText(/This device has no network\. What you see is as of/).waitFor();
      await expectSound(page, 'page-offline');
    }),
  );

  it(
    'that never was is said in place of the page',
    withPage({}, async ({ page }) => {
      await page.context().route(`${SCRIPTED_ORIGIN}/sandbox.json`, (route) => route.abort());
      await page.reload();
      await page.getByText('The sandbox does not answer. Is it still running?').waitFor();
      await expectSound(page, 'page-no-sandbox');
    }),
  );
});

describe('a person', () => {
  it(
    'is told that name and password do not go together',
    withPage({}, async ({ page }) => {
      const panel = panelOf(page, 'Alice');
      await panel.getByLabel('Password').fill('something else');
      await panel.getByLabel('Password').press('Enter');
      await panel.getByText('Name and password do not go together.').waitFor();
      expect(await panel.getByRole('button', { name: 'Sign in as Alice' }).isEnabled()).toBe(true);
    }),
  );

  it(
    'may come in as a guest where the sandbox lets guests in, and is the same guest after a reload',
    withPage({ colorScheme: 'light', config: { guests: true } }, async ({ page, sandbox }) => {
      await expectSound(page, 'page-guests-signed-out');
      await page.getByRole('button', { name: 'Continue as a guest' }).click();
      const guest = panelOf(page, 'Guest');
      await guest.getByText('Live', { exact: true }).waitFor();
      const key = await uploadPhoto(sandbox, guest, 'photo.jpg');
      expect(key.startsWith(prefixOf('guest'))).toBe(true);
      await sandbox.say('guest', key, { percent: 61, steps: halfway, executions: underWay });
      await card(guest, 'photo.jpg').getByText('61%').waitFor();
      await expectSound(page, 'page-guest');
      await page.reload();
      await panelOf(page, 'Guest').getByText('Live', { exact: true }).waitFor();
    }),
  );

  it(
    'keeps the focus at hand when they sign in and out, and what was said of their uploads goes with them',
    withPage({}, async ({ page, sandbox }) => {
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in as Alice' }).focus();
      await page.keyboard.press('Enter');
      await alice.getByText('Live', { exact: true }).waitFor();
      expect(await focused(page)).toBe('Alice');
      const key = sandbox.nextUpload();
      await alice.getByRole('button', { name: 'Use a sample photo' }).focus();
      await page.keyboard.press('Space');
      await sandbox.say('alice', await key, { percent: 50, steps: begun });
      await alice.getByText('50%').waitFor();
      const live = alice.locator('.unseen[aria-live]');
      expect(await live.textContent()).toMatch(/^hills-\d+\.jpg: Resize/);
      const steps = alice.locator('summary', { hasText: /^6 steps of hills-/ });
      await steps.focus();
      await page.keyboard.press('Enter');
      expect(await alice.getByRole('tab', { name: 'Timeline' }).isVisible()).toBe(false);
      await alice.getByRole('button', { name: 'Sign out Alice' }).focus();
      await page.keyboard.press('Enter');
      expect(await focused(page)).toBe('Sign in as Alice');
      expect(await live.textContent()).toBe('');
    }),
  );

  it(
    'meets no two buttons of the same name',
    withPage({ config: { guests: true } }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await signIn(page, 'Bob');
      sandbox.setStorage('waits');
      const files = ['a.jpg', 'b.jpg'].map((name) => ({ name, mimeType: 'image/jpeg', buffer: photo }));
      await alice.locator('input[type=file]').setInputFiles(files);
      await alice.getByRole('button', { name: 'Cancel b.jpg' }).waitFor();
      const all = await page.getByRole('button').filter({ visible: true }).allTextContents();
      // The file inputs, which have their label from an attribute.
      const buttons = all.filter((text) => text !== '');
      expect(buttons.length).toBeGreaterThan(10);
      expect(new Set(buttons).size).toBe(buttons.length);
    }),
  );

  it(
    'pauses, cancels and sends again, and the focus stays with the file',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      sandbox.setStorage('waits');
      await alice
        .locator('input[type=file]')
        .setInputFiles({ name: 'slow.jpg', mimeType: 'image/jpeg', buffer: photo });
      const slow = card(alice, 'slow.jpg');
      await slow.getByRole('button', { name: 'Pause slow.jpg' }).click();
      await slow.getByText('Paused', { exact: true }).waitFor();
      expect(await focused(page)).toBe('Resume slow.jpg');
      await page.keyboard.press('Enter');
      await slow.getByText('Uploading', { exact: true }).waitFor();
      await slow.getByRole('button', { name: 'Cancel slow.jpg' }).click();
      await slow.getByText('Upload cancelled').waitFor();
      sandbox.setStorage('answers');
      const key = sandbox.nextUpload();
      expect(await focused(page)).toBe('Upload again slow.jpg');
      await page.keyboard.press('Enter');
      expect(await key).toMatch(/slow\.jpg$/);
      await slow.getByText('Waiting for the workflow').waitFor();
    }),
  );

  it(
    'switches faults from the page',
    withPage({ colorScheme: 'light' }, async ({ page }) => {
      await page.getByText('Misbehave on purpose').click();
      await page.getByLabel('Lose what starts a workflow').selectOption('always');
      await page.getByText('lose what starts a workflow: always').waitFor();
      await expectSound(page, 'page-faults');
      await page.reload();
      await page.getByText('lose what starts a workflow: always').waitFor();
    }),
  );
});

describe('a workflow of one’s own', () => {
  it(
    'has its own name and words, and takes any file',
    withPage(
      {
        colorScheme: 'light',
        config: {
          workflow: {
            name: 'Word count',
            about: 'Counts the words of an uploaded text file.',
            accept: '.txt,text/plain',
            isExample: false,
            outline: null,
          },
        },
      },
      async ({ page }) => {
        const alice = await signIn(page, 'Alice');
        expect(await page.title()).toBe('Word count · Stepcast sandbox');
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Word count');
        expect(await page.getByText(/Counts the words .* upload a file/).isVisible()).toBe(true);
        expect(await page.getByText(/photo/i).count()).toBe(0);
        expect(await alice.locator('input[type=file]').getAttribute('accept')).toBe('.txt,text/plain');
        const file = { name: 'speech.txt', mimeType: 'text/plain', buffer: Buffer.from('Words.') };
        await alice.locator('input[type=file]').setInputFiles(file);
        await card(alice, 'speech.txt').getByText('TXT', { exact: true }).waitFor();
        await expectSound(page, 'page-own-workflow');
      },
    ),
  );
});
