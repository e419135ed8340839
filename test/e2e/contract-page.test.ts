import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPage } from '../support/built-page.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { accessibilityProblems, screenshot, watchForProblems } from './browser.ts';
import { startBrowser } from './start-browser.ts';

const PUBLISHED = join(import.meta.dirname, '../../contracts/published/v1');

/** Headings that are more than one level below the one before. */
const SKIPPED_LEVELS = `(() => {
  let before = 0;
  return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].flatMap((heading) => {
    const level = Number(heading.getAttribute('aria-level') ?? heading.tagName.slice(1));
    const skips = level > before + 1;
    before = level;
    return skips ? [heading.textContent] : [];
  });
})()`;

let browser: Browser | undefined;
let built: Awaited<ReturnType<typeof buildPage>>;
let sandbox: Sandbox;

beforeAll(async () => {
  browser = await startBrowser('the page of the contract (test/e2e/contract-page.test.ts)');
  built = await buildPage();
  sandbox = await startTestSandbox({ pageDirectory: built.directory });
});
afterAll(async () => {
  await browser?.close();
  await sandbox.stop({ force: true });
  await built.remove();
});

describe('the contract at the sandbox', () => {
  it('is rendered under the policy of the page, without a request to anywhere else', async () => {
    if (browser === undefined) return;
    for (const [name, viewport, colorScheme] of [
      ['contract', { width: 1280, height: 900 }, 'light'],
      ['contract-phone', { width: 390, height: 800 }, 'light'],
      ['contract-dark', { width: 1280, height: 900 }, 'dark'],
      ['contract-phone-dark', { width: 390, height: 800 }, 'dark'],
    ] as const) {
      const page = await browser.newPage({ viewport, colorScheme });
      const problems = watchForProblems(page);
      const foreign: string[] = [];
      page.on('request', (request) => {
        if (new URL(request.url()).origin !== sandbox.url) foreign.push(request.url());
      });
      await page.goto(`${sandbox.url}/contracts`);
      await page.getByText('{identityId}/overview').first().waitFor();
      for (const kind of ['events', 'state'])
        expect(await page.getByText(`stepcast/v1/{identityId}/uploads/{uploadId}/${kind}`).count()).not.toBe(
          0,
        );
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width);
      await screenshot(page, name);
      expect({ problems, foreign }).toEqual({ problems: [], foreign: [] });
      await page.close();
    }
  });

  it.each(['light', 'dark'] as const)(
    'can be read in %s by everybody: hundreds of words had too little contrast, it was never dark, and headings skipped a level',
    async (colorScheme) => {
      if (browser === undefined) return;
      const page = await browser.newPage({ colorScheme });
      await page.goto(`${sandbox.url}/contracts`);
      await page.getByText('{identityId}/overview').first().waitFor();
      expect(await page.title()).toBe('The contract of Stepcast');
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(colorScheme === 'dark' ? 'rgb(19, 20, 18)' : 'rgb(255, 255, 255)');
      expect(await accessibilityProblems(page)).toEqual([]);
      // What is opened later is in order too.
      await page.evaluate(`for (const button of document.querySelectorAll('button'))
        if (button.textContent === 'Expand all') button.click();`);
      expect(await page.evaluate(SKIPPED_LEVELS)).toEqual([]);
      await page.close();
    },
  );

  it('opens a schema where it is clicked', async () => {
    if (browser === undefined) return;
    const page = await browser.newPage();
    await page.goto(`${sandbox.url}/contracts/`);
    await page.getByText('Expand all').first().waitFor();
    const shown = () => page.getByText('lastOffset', { exact: true }).filter({ visible: true }).count();
    const before = await shown();
    await page.evaluate(`for (const button of document.querySelectorAll('button'))
      if (button.textContent === 'Expand all') button.click();`);
    await expect(shown()).resolves.toBeGreaterThan(before);
    await page.close();
  });

  it('links every file that is published, each as text or JSON, and not the released version to compare with', async () => {
    const types = {
      'asyncapi.json': 'application/json',
      'schemas/StateMessage.json': 'application/json',
      'types.d.ts': 'text/plain',
      'fold.js': 'application/javascript',
    };
    for (const [name, type] of Object.entries(types)) {
      const answer = await fetch(`${sandbox.url}/contracts/v1/${name}`);
      expect([name, answer.headers.get('content-type')]).toEqual([name, `${type}; charset=utf-8`]);
      expect(await answer.text()).toBe(await readFile(join(PUBLISHED, name), 'utf8'));
    }
    expect((await fetch(`${sandbox.url}/contracts/v1/baseline/asyncapi.json`)).status).toBe(404);
  });

  it('is linked from the page, and the files from it', async () => {
    if (browser === undefined) return;
    const page = await browser.newPage();
    await page.goto(sandbox.url);
    await page.getByRole('link', { name: 'topics, messages and rules' }).click();
    await page.getByText('Files: AsyncAPI').click();
    await page.getByRole('link', { name: 'schemas/ProgressMessage.json' }).click();
    expect(new URL(page.url()).pathname).toBe('/contracts/v1/schemas/ProgressMessage.json');
    await page.close();
  });
});
