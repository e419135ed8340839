import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Epoch, Offset, uploadIdOf, type OverviewEntry } from '@stepcast/contracts';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { accessibilityProblems, screenshot, watchForProblems } from '../browser.ts';
import { startBrowser } from '../start-browser.ts';
import { buildPage } from '../../support/built-page.ts';
import { IS_LONG } from '../../support/long-form.ts';
import { paintedPhoto } from '../painted-photo.ts';
import { ago, begun, execution, running, step } from '../sample-states.ts';
import { SCRIPTED_ORIGIN, scriptSandbox, type ScriptedSandbox } from '../scripted-sandbox.ts';

const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

/** What every state of the page is shown in: each width and each colour scheme once; all four pairs in the long form. */
export const APPEARANCES = [
  ['desktop', 'light', DESKTOP] as const,
  ['phone', 'dark', PHONE] as const,
  ...(IS_LONG ? [['desktop', 'dark', DESKTOP] as const, ['phone', 'light', PHONE] as const] : []),
];

let photo: Promise<Buffer> | undefined;
/** A photo, painted once for all suites of a process. */
export const aPhoto = (): Promise<Buffer> => (photo ??= paintedPhoto());

export interface PageParts {
  readonly page: Page;
  readonly sandbox: ScriptedSandbox;
  readonly problems: readonly string[];
}
type PageOptions = BrowserContextOptions & { readonly config?: Parameters<typeof scriptSandbox>[2] };

/**
 * Starts a browser before the tests of a file, and ends it after them. The page itself is built once for all files of a run.
 * @param file name of the file, for the report where there is no browser
 * @returns what runs a test with a page; where there is no browser, the summary of the run says so
 */
export function pages(
  file: string,
): (options: PageOptions, body: (parts: PageParts) => Promise<void>) => () => Promise<void> {
  let browser: Browser | undefined;
  let built: Awaited<ReturnType<typeof buildPage>>;
  let ending: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await startBrowser(`states of the page (test/e2e/page/${file})`);
    built = await buildPage();
  });
  afterEach(async () => {
    for (const end of ending.reverse()) await end();
    ending = [];
  });
  afterAll(async () => {
    await browser?.close();
    await built.remove();
  });

  return ({ config, ...options }, body) =>
    async () => {
      if (browser === undefined) return;
      const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce', ...options });
      ending.push(() => context.close());
      const sandbox = await scriptSandbox(context, built.directory, config);
      ending.push(() => sandbox.close());
      const page = await context.newPage();
      const problems = watchForProblems(page);
      await page.goto(SCRIPTED_ORIGIN);
      await body({ page, sandbox, problems });
    };
}

export const panelOf = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });

export async function signIn(page: Page, name: string): Promise<Locator> {
  const panel = panelOf(page, name);
  await panel.getByRole('button', { name: `Sign in as ${name}` }).click();
  await panel.getByText('Live', { exact: true }).waitFor();
  return panel;
}

export async function uploadPhoto(sandbox: ScriptedSandbox, panel: Locator, name: string): Promise<string> {
  const key = sandbox.nextUpload();
  await panel
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'image/jpeg', buffer: await aPhoto() });
  return key;
}

export const card = (panel: Locator, name: string) => panel.getByRole('article', { name });
export const names = (panel: Locator) => panel.getByRole('heading', { level: 3 }).allTextContents();
export const focused = (page: Page) => page.evaluate('document.activeElement.textContent');

/** What every state has to be: without a fault of accessibility, and no wider than the window. */
export async function expectSound(page: Page, picture: string): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([]);
  const width = page.viewportSize()?.width ?? 0;
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  await screenshot(page, picture);
}

/** Steps of a photo that runs, with a Map half done and a retry that is over. */
export const halfway = [
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
export const underWay = [{ ...execution, status: 'running', endedAt: null } as const];
export const finished = halfway.map(
  (one) => ({ ...one, status: 'succeeded', ended: one.visits, endedAt: ago(1) }) as const,
);

/** A line of the overview. */
export function line(sandbox: ScriptedSandbox, key: string, over: Partial<OverviewEntry>): OverviewEntry {
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
