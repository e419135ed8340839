import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SampleRun } from '@stepcast/elements/testing';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { watchForProblems } from '../browser.ts';
import { startBrowser } from '../start-browser.ts';

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

export const DESKTOP = { viewport: { width: 1100, height: 800 } } as const;
export const PHONE = { viewport: { width: 375, height: 700 }, deviceScaleFactor: 2 } as const;

export interface ElementsPages {
  /** A page that holds both elements and nothing else, with a clock that stands still; undefined where there is no browser. */
  open(options: BrowserContextOptions): Promise<{ page: Page; problems: readonly string[] } | undefined>;
  close(): Promise<void>;
}

/** The elements bundled as they are published, and a browser. @param suite what does not run without one */
export async function startElementsPages(suite: string): Promise<ElementsPages> {
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-elements-'));
  const script = join(import.meta.dirname, '../../../clients/elements/scripts/bundle.mjs');
  await runCommand(process.execPath, [script, folder], { timeoutMs: 300_000 });
  const browser = await startBrowser(suite);
  return {
    async open(options) {
      if (browser === undefined) return undefined;
      const context = await browser.newContext(options);
      await context.route(`${ORIGIN}/**`, async (route) => {
        const { pathname } = new URL(route.request().url());
        const headers = { 'content-security-policy': POLICY };
        if (pathname === '/') return route.fulfill({ body: PAGE, contentType: 'text/html', headers });
        if (pathname === '/page.css') return route.fulfill({ body: STYLES, contentType: 'text/css' });
        if (pathname === '/favicon.ico') return route.fulfill({ status: 204 });
        return route.fulfill({
          body: await readFile(join(folder, pathname)),
          contentType: 'text/javascript',
        });
      });
      const page = await context.newPage();
      const problems = watchForProblems(page);
      await page.goto(ORIGIN);
      await page.evaluate(`customElements.whenDefined('stepcast-graph')`);
      return { page, problems };
    },
    async close() {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Shown {
  readonly upload: unknown;
  readonly definition: unknown;
  readonly now: number;
}

export async function showUpload(page: Page, shown: Shown): Promise<void> {
  await page.evaluate(
    `(async () => {
      const { upload, definition, now } = ${JSON.stringify(shown)};
      const clock = { now: () => now, nextFrame: () => () => undefined };
      const elements = document.querySelectorAll('stepcast-timeline, stepcast-graph');
      for (const element of elements) Object.assign(element, { clock, definition, upload });
      for (const element of elements) await element.updateComplete;
    })()`,
  );
  if (shown.upload !== null) await page.locator('stepcast-graph :is(svg.drawing, .empty:has(svg))').waitFor();
}

/** @param events false: as for somebody who came late */
export async function show(
  page: Page,
  run: SampleRun | null,
  definition: unknown = null,
  events = true,
): Promise<void> {
  const upload = run === null ? null : { state: run.state, ...(events ? { events: run.events } : {}) };
  await showUpload(page, { upload, definition, now: run?.now ?? 0 });
}
