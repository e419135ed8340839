import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  begun,
  failed,
  finished,
  runningMap,
  SampleRun,
  sampleOutline,
  thousands,
} from '@stepcast/elements/testing';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { accessibilityProblems, screenshot, startBrowser, watchForProblems } from './browser.ts';

const ORIGIN = 'http://elements.test';
/** As strict as a page can be: no styles in attributes, no scripts in the page. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'";
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Elements</title>
  <meta name="viewport" content="width=device-width">
  <link rel="stylesheet" href="/page.css"><script type="module" src="/stepcast-elements.min.js"></script></head>
  <body><main><h1>Elements</h1><stepcast-timeline></stepcast-timeline><stepcast-graph></stepcast-graph></main></body></html>`;
const STYLES = `body { margin: 0; padding: 16px; font-family: system-ui; background: #fff; color: #0f172a; }
  @media (prefers-color-scheme: dark) { body { background: #0a0e14; color: #e8edf4; } }
  stepcast-timeline { margin-block-end: 16px; } h1 { font-size: 16px; }`;

const DESKTOP = { viewport: { width: 1100, height: 800 } } as const;
const PHONE = { viewport: { width: 375, height: 700 }, deviceScaleFactor: 2 } as const;

let folder = '';
let browser: Browser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-elements-'));
  const script = join(import.meta.dirname, '../../clients/elements/scripts/bundle.mjs');
  await runCommand(process.execPath, [script, folder], { timeoutMs: 300_000 });
  browser = await startBrowser('the elements in Chromium (test/e2e/elements.test.ts)');
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page that holds both elements and nothing else, with a clock that stands still. */
async function open(
  options: BrowserContextOptions,
): Promise<{ page: Page; problems: readonly string[] } | undefined> {
  if (browser === undefined) return undefined;
  const context = await browser.newContext(options);
  await context.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const headers = { 'content-security-policy': POLICY };
    if (pathname === '/') return route.fulfill({ body: PAGE, contentType: 'text/html', headers });
    if (pathname === '/page.css') return route.fulfill({ body: STYLES, contentType: 'text/css' });
    if (pathname === '/favicon.ico') return route.fulfill({ status: 204 });
    return route.fulfill({ body: await readFile(join(folder, pathname)), contentType: 'text/javascript' });
  });
  const page = await context.newPage();
  const problems = watchForProblems(page);
  await page.goto(ORIGIN);
  await page.evaluate(`customElements.whenDefined('stepcast-graph')`);
  return { page, problems };
}

async function show(
  page: Page,
  run: SampleRun | null,
  outline: unknown = null,
  events = true,
): Promise<void> {
  const upload = run === null ? null : { state: run.state, ...(events ? { events: run.events } : {}) };
  await page.evaluate(
    `(async () => {
      const [upload, definition, now] = ${JSON.stringify([upload, outline, run?.now ?? 0])};
      const clock = { now: () => now, nextFrame: () => () => undefined };
      const elements = document.querySelectorAll('stepcast-timeline, stepcast-graph');
      for (const element of elements) Object.assign(element, { clock, definition, upload });
      for (const element of elements) await element.updateComplete;
    })()`,
  );
  if (run !== null && run.state.steps.length > 0) await page.locator('stepcast-graph svg.drawing').waitFor();
}

const outline = sampleOutline();
const states: readonly [string, SampleRun | null, unknown, boolean, BrowserContextOptions][] = [
  ['nothing', null, null, true, DESKTOP],
  ['waiting', new SampleRun(), null, true, DESKTOP],
  ['running', runningMap(), outline, true, DESKTOP],
  ['running-from-events-alone', runningMap(), null, true, DESKTOP],
  ['running-from-the-state-alone', runningMap(), null, false, DESKTOP],
  ['parallel', begun(), outline, true, { ...DESKTOP, colorScheme: 'dark' }],
  ['finished', finished(), outline, true, DESKTOP],
  ['failed', failed(), outline, true, DESKTOP],
  ['failed-dark', failed(), outline, true, { ...DESKTOP, colorScheme: 'dark' }],
  ['thousands', thousands(), outline, true, DESKTOP],
  ['phone', runningMap(), outline, true, PHONE],
  ['phone-dark', failed(), outline, true, { ...PHONE, colorScheme: 'dark' }],
];

describe('both elements in a browser', () => {
  it.each(states)(
    'are right to look at and without barriers: %s',
    async (name, run, definition, events, options) => {
      const opened = await open({ ...options, reducedMotion: 'reduce' });
      if (opened === undefined) return;
      const { page, problems } = opened;
      await show(page, run, definition, events);
      await screenshot(page, `elements-${name}`);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(problems).toEqual([]);
      const sideways = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(sideways).toBeLessThanOrEqual(0);
      await page.context().close();
    },
  );
});
