import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  begun,
  failed,
  finished,
  reporting,
  reportingSideBySide,
  runningMap,
  SampleRun,
  sampleOutline,
  thousands,
} from '@stepcast/elements/testing';
import { PROVISION_PATH, userPoolProvider } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import { cognitoCredentials, createProgressClient } from '@stepcast/web';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import * as z from 'zod';
import { IS_LONG } from '../support/long-form.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { accessibilityProblems, screenshot, watchForProblems } from './browser.ts';
import { startBrowser } from './start-browser.ts';

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

/** The texts of the timeline that are wider than their column. */
const WIDER_THAN_THEIR_COLUMN = `[...document.querySelector('stepcast-timeline').shadowRoot.querySelectorAll('.row')].flatMap((row) => {
  const right = row.querySelector('.name').getBoundingClientRect().right;
  return [...row.querySelectorAll('.detail, .report, .error')]
    .filter((one) => one.getBoundingClientRect().right > right + 1 || one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.textContent);
})`;

/** The labels of the axis that do not fit it: of a run of 105 s on a phone, "1 min 30 s" was cut. */
const CUT_BY_THE_AXIS = `[...document.querySelectorAll('stepcast-timeline')].flatMap((timeline) =>
  [...timeline.shadowRoot.querySelectorAll('.axis')].flatMap((axis) => {
    const { left, right } = axis.getBoundingClientRect();
    return [...axis.querySelectorAll('text')].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.left < left - 1 || box.right > right + 1;
    }).map((one) => one.textContent);
  }))`;

interface Shown {
  readonly upload: unknown;
  readonly definition: unknown;
  readonly now: number;
}

async function showUpload(page: Page, shown: Shown): Promise<void> {
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
async function show(
  page: Page,
  run: SampleRun | null,
  definition: unknown = null,
  events = true,
): Promise<void> {
  const upload = run === null ? null : { state: run.state, ...(events ? { events: run.events } : {}) };
  await showUpload(page, { upload, definition, now: run?.now ?? 0 });
}

const outline = sampleOutline();
type Shot = readonly [string, SampleRun | null, unknown, boolean, BrowserContextOptions];
/** Those that differ most; the long form has the others too. */
const states: readonly Shot[] = [
  ['waiting-with-a-definition', new SampleRun(), outline, true, DESKTOP],
  ['running', runningMap(), outline, true, DESKTOP],
  ['failed-dark', failed(), outline, true, { ...DESKTOP, colorScheme: 'dark' }],
  ['thousands', thousands(), outline, true, DESKTOP],
  ['reporting-from-the-state-alone', reporting(), null, false, DESKTOP],
  ['reporting-phone', reportingSideBySide(), outline, true, PHONE],
  ['phone-dark', failed(), outline, true, { ...PHONE, colorScheme: 'dark' }],
];
const otherStates: readonly Shot[] = [
  ['nothing', null, null, true, DESKTOP],
  ['waiting', new SampleRun(), null, true, DESKTOP],
  ['running-from-events-alone', runningMap(), null, true, DESKTOP],
  ['running-from-the-state-alone', runningMap(), null, false, DESKTOP],
  ['parallel', begun(), outline, true, { ...DESKTOP, colorScheme: 'dark' }],
  ['finished', finished(), outline, true, DESKTOP],
  ['failed', failed(), outline, true, DESKTOP],
  ['reporting', reporting(), null, true, DESKTOP],
  ['reporting-side-by-side', reportingSideBySide(), outline, true, DESKTOP],
  ['reporting-side-by-side-dark', reportingSideBySide(), outline, true, { ...DESKTOP, colorScheme: 'dark' }],
  ['reporting-phone-dark', reporting(), null, true, { ...PHONE, colorScheme: 'dark' }],
  ['phone', runningMap(), outline, true, PHONE],
];

describe('both elements in a browser', () => {
  it.each(IS_LONG ? [...states, ...otherStates] : states)(
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
      // No words run over the bars, or out of the timeline.
      expect(await page.evaluate(WIDER_THAN_THEIR_COLUMN)).toEqual([]);
      expect(await page.evaluate(CUT_BY_THE_AXIS)).toEqual([]);
      await page.context().close();
    },
  );

  it('cut the last label of a narrow axis, of a run of 105 s', async () => {
    // As wide as a card of the sandbox's page on a phone.
    const opened = await open({ viewport: { width: 260, height: 700 } });
    if (opened === undefined) return;
    const run = finished();
    const { state } = run;
    const steps = state.steps.map((one, index) =>
      index === 0 ? { ...one, endedAt: new Date(Date.parse(one.startedAt) + 105_000).toISOString() } : one,
    );
    await showUpload(opened.page, { upload: { state: { ...state, steps } }, definition: null, now: run.now });
    const labels =
      "document.querySelector('stepcast-timeline').shadowRoot.querySelector('.axis').textContent";
    expect(await opened.page.evaluate(labels)).toContain('1 min 30 s');
    expect(await opened.page.evaluate(CUT_BY_THE_AXIS)).toEqual([]);
    await opened.page.context().close();
  });

  it.each([
    ['5 s', 5_000],
    ['2 min 16 s', 136_000],
    ['2 h 10 min', 7_800_000],
  ])('ran durations into the bars: %s', async (_words, ms) => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    const run = runningMap();
    await showUpload(page, {
      upload: { state: run.state, events: run.events },
      definition: outline,
      now: run.now + ms,
    });
    const room = `Math.min(...[...document.querySelector('stepcast-timeline').shadowRoot.querySelectorAll('.row')]
      .filter((row) => row.querySelector('.time').textContent.trim() !== '').map((row) => {
      const words = document.createRange();
      words.selectNodeContents(row.querySelector('.time'));
      return words.getBoundingClientRect().left - row.querySelector('.line').getBoundingClientRect().right;
    }))`;
    expect(await page.evaluate(room)).toBeGreaterThan(8);
    await page.context().close();
  });

  it('cut in the graph how far a Map of thousands is', async () => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    await show(page, thousands(), outline);
    const notes = await page.locator('stepcast-graph text').allTextContents();
    expect(notes.join()).toMatch(/1,9\d\d of 2,000 done/);
    expect(notes.filter((note) => note.endsWith('…'))).toEqual([]);
    await page.context().close();
  });

  it('cut names of steps on a phone', async () => {
    const opened = await open(PHONE);
    if (opened === undefined) return;
    const { page } = opened;
    const run = runningMap();
    const long = JSON.stringify({ state: run.state, events: run.events }).replaceAll(
      'Look at each tile',
      'Look at each tile, and at those around it',
    );
    await showUpload(page, { upload: JSON.parse(long), definition: null, now: run.now });
    const cut = `[...document.querySelector('stepcast-timeline').shadowRoot.querySelectorAll('.label')]
      .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)`;
    expect(await page.evaluate(cut)).toEqual([]);
    await page.context().close();
  });

  it('broke a name that ends with dots into two lines', async () => {
    const opened = await open({ viewport: { width: 760, height: 700 } });
    if (opened === undefined) return;
    const { page } = opened;
    const run = runningMap();
    const long = JSON.stringify({ state: run.state, events: run.events }).replaceAll(
      'Look at each tile',
      'LookAtEachTileAndAtThoseAroundItAndAtWhatIsBehindThemAsWell.Twice',
    );
    await showUpload(page, { upload: JSON.parse(long), definition: null, now: run.now });
    const heights = `[...new Set([...document.querySelector('stepcast-timeline').shadowRoot.querySelectorAll('.label')]
      .map((one) => Math.round(one.getBoundingClientRect().height)))]`;
    expect(await page.evaluate(heights)).toHaveLength(1);
    await page.context().close();
  });

  it('go on while a step runs, keep what was opened, and are walked through by keys', async () => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page, problems } = opened;
    const run = runningMap();
    await show(page, run, outline);
    const tree = page.getByRole('tree');
    const item = (name: RegExp) => tree.getByRole('treeitem', { name });
    const durationOf = async (name: RegExp) => (await item(name).locator('.time').textContent())?.trim();

    await item(/^PhotoPipeline/).focus();
    await page.keyboard.press('End');
    await expectFocus(page, /^Item 6/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    expect(await item(/^Measure the tile/).count()).toBe(1);
    await page.keyboard.type('res');
    await expectFocus(page, /^Resize and analyse/);
    await page.keyboard.press('ArrowLeft');
    expect(await item(/^Branch 1/).count()).toBe(0);

    // Time passes; then the step is tried once more.
    expect(await durationOf(/^PhotoPipeline/)).toBe('7.1 s');
    await tick(page, run.now + 5_000);
    expect(await durationOf(/^PhotoPipeline/)).toBe('12 s');
    run.wait(5_000).retry('Measure the tile', 3, 'States.Timeout', [4]);
    await show(page, run, outline);
    expect(await item(/^Measure the tile/).textContent()).toContain('attempt 3');
    expect(await item(/^Branch 1/).count()).toBe(0);
    await expectFocus(page, /^Resize and analyse/);

    // An arrow beside the way that was taken stays as it was.
    const taken = page.locator('stepcast-graph path.edge.taken');
    expect(await taken.count()).toBeGreaterThan(5);
    await page.getByRole('button', { name: 'Larger' }).click();
    await page.getByRole('button', { name: 'Fit' }).click();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('show on a phone where the graph begins, and then what runs, unless somebody looks around', async () => {
    const opened = await open({ ...PHONE, reducedMotion: 'reduce' });
    if (opened === undefined) return;
    const { page, problems } = opened;
    const inSight = async (name: string) =>
      z.boolean().parse(
        await page.evaluate(`(() => {
          const { shadowRoot } = document.querySelector('stepcast-graph');
          const [scroll, node] = ['.scroll', '[data-step="${name}"]'].map((one) => shadowRoot.querySelector(one).getBoundingClientRect());
          return node.left >= scroll.left && node.right <= scroll.right && node.top >= scroll.top && node.bottom <= scroll.bottom;
        })()`),
      );
    const errors = ['One', 'Two', 'Three', 'Four', 'Five', 'Six'];
    const task = (name: string, next?: string) => ({
      name,
      type: 'Task',
      ...(next === undefined ? {} : { next: [next], caught: errors }),
    });
    const names = Array.from({ length: 12 }, (_, index) => `Step ${index}`);
    const wide = {
      states: [
        ...names.map((name, index) => ({
          ...task(name, names[index + 1]),
          ...(index === 0 ? { start: true } : {}),
        })),
        ...errors.map((name) => ({ name, type: 'Fail' })),
      ],
    };
    const run = new SampleRun().tell('executionStarted');
    await show(page, run, wide);
    expect(await inSight('Step 0')).toBe(true);
    expect(await inSight('Step 11')).toBe(false);
    for (const name of names.slice(0, 11)) run.step(name, 100);
    await show(page, run.start('Step 11'), wide);
    expect(await inSight('Step 11')).toBe(true);

    await page.locator('stepcast-graph .scroll').hover();
    await page.mouse.wheel(0, -10_000);
    await page.waitForFunction(
      `document.querySelector('stepcast-graph').shadowRoot.querySelector('.scroll').scrollTop === 0`,
    );
    await show(page, run.end('Step 11').start('Step 10'), wide);
    expect(await inSight('Step 10')).toBe(false);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it('draw thousands of items without holding up the page', async () => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    await show(page, thousands(5_000), outline);
    const rows = await page.getByRole('treeitem').count();
    expect(rows).toBeLessThan(40);
    await page.context().close();
  });

  it('say that a workflow is too large for a graph', async () => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    const states = Array.from({ length: 301 }, (_, index) => ({ name: `S${index}`, type: 'Pass' }));
    await showUpload(page, { upload: null, definition: { states }, now: 0 });
    await page.getByText('more than 300 states').waitFor();
    expect(await page.locator('stepcast-graph svg.drawing').count()).toBe(0);
    await page.context().close();
  });

  it('tell a page which step somebody chose', async () => {
    const opened = await open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    await show(page, finished(), outline);
    await page.evaluate(
      `globalThis.chosen = []; document.addEventListener('stepcast-select', ({ detail }) => chosen.push([detail.step, detail.line]))`,
    );
    await page.getByRole('treeitem', { name: /^Sum up/ }).click();
    await page.locator('stepcast-graph [data-step="Check the file"]').click();
    await page.getByRole('treeitem', { name: /^PhotoPipeline/ }).click();
    expect(await page.evaluate('chosen')).toEqual([
      ['Sum up', 'PhotoPipeline/Sum up'],
      ['Check the file', null],
      [null, 'PhotoPipeline'],
    ]);
    await page.context().close();
  });

  it.each([
    ['beside the lines', 'desktop', { ...DESKTOP, colorScheme: 'light' } as const],
    ['below the lines, in the window', 'phone', { ...PHONE, colorScheme: 'dark' } as const],
  ])(
    'say all that is known of one line, %s, for those who look and those who listen',
    async (_, device, look) => {
      const opened = await open({ ...look, reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-GB' });
      if (opened === undefined) return;
      const { page, problems } = opened;
      await show(page, failed(), outline);
      const item = (name: RegExp) => page.getByRole('treeitem', { name });
      const details = page.getByRole('region', { name: /^Details of/ });
      await item(/^Item 2/).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await details.waitFor();
      const said = (await details.innerText()).replace(/\s+/g, ' ');
      expect(said).toMatch(
        /Measure the tile Status failed Type Task In PhotoPipeline › Look at each tile › Item 2/,
      );
      expect(said).toMatch(/Attempts 3 .*Error States.Timeout: the service did not answer in time/);
      expect(said).toMatch(/Attempt 1: failed, 800 ms, after [\d.]+ s States.Timeout/);
      // The focus stays where the keys are, and who hears the page is told.
      await expectFocus(page, /^Measure the tile/);
      expect(
        await item(/^Measure the tile/)
          .last()
          .getAttribute('aria-selected'),
      ).toBe('true');
      expect(await page.getByRole('status').last().textContent()).toBe(
        'Details of Measure the tile are shown',
      );
      // The line that was chosen is not covered by what is said of it.
      const chosen = await item(/^Measure the tile/)
        .last()
        .boundingBox();
      const box = await details.boundingBox();
      if (device === 'phone')
        expect((chosen?.y ?? 0) + (chosen?.height ?? 0)).toBeLessThanOrEqual((box?.y ?? 0) + 1);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(look.viewport.height);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        look.viewport.width,
      );
      await screenshot(page, `elements-details-${device}`);

      // Escape closes them from inside too, and the focus goes back to the line.
      await details.getByRole('button', { name: 'Close the details of Measure the tile' }).focus();
      await page.keyboard.press('Escape');
      expect(await details.count()).toBe(0);
      await expectFocus(page, /^Measure the tile/);
      expect(problems).toEqual([]);
      await page.context().close();
    },
  );

  it('open to a line that the page names, once, and find what failed among thousands', async () => {
    const opened = await open({ ...DESKTOP, reducedMotion: 'reduce' });
    if (opened === undefined) return;
    const { page, problems } = opened;
    const line = 'PhotoPipeline/Look at each tile/Item 1,378/Measure the tile';
    await page.evaluate(`document.querySelector('stepcast-timeline').selected = ${JSON.stringify(line)}`);
    await show(page, thousands(), outline);
    const items = page.getByRole('treeitem');
    const details = page.getByRole('region', { name: 'Details of Measure the tile' });
    expect((await details.innerText()).replace(/\s+/g, ' ')).toContain('Item 1,378');
    // Somebody who folds it away is not opened to it again.
    await items
      .filter({ hasText: /^\s*Item 1,378/ })
      .locator('.chevron')
      .click();
    await show(page, thousands(), outline);
    expect(await items.filter({ hasText: /^\s*Measure the tile/ }).count()).toBe(1);

    const filter = page.getByRole('search');
    await filter.getByRole('button', { name: 'Errors and retries' }).click();
    expect(await filter.getByRole('status').textContent()).toMatch(
      /^6 found; items that went well are only counted/,
    );
    expect(await items.filter({ hasText: 'Check the file' }).count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await filter.getByRole('searchbox').fill('colours');
    expect(await filter.getByRole('status').textContent()).toMatch(/^1 found/);
    await filter.getByRole('searchbox').fill('no such step');
    await page.getByText('No step is like this.').waitFor();
    // What is looked at is no business of the filter.
    expect(await details.count()).toBe(1);
    await screenshot(page, 'elements-filtered-to-nothing');
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

describe('a run of the sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const examples = join(import.meta.dirname, '../../services/sandbox/examples');
    sandbox = await startTestSandbox({
      argv: [
        ['--definition', join(examples, 'word-count.asl.json')],
        ['--handlers', join(examples, 'word-count-handlers.mjs')],
      ].flat(),
    });
  });
  afterAll(() => sandbox.stop());

  it('is drawn from what the client has of it, with the outline that provisioning brought', async () => {
    const { region, bucket, identityPoolId, userPoolId, endpoints, users } = sandbox.info;
    const { idToken } = await signIn(sandbox.info, users[0]?.username ?? '');
    const client = createProgressClient({
      region,
      endpoint: endpoints.mqttWss,
      credentials: cognitoCredentials({
        region,
        identityPoolId,
        endpoint: endpoints.cognitoIdentity,
        logins: () => Promise.resolve({ [userPoolProvider(region, userPoolId)]: idToken }),
      }),
      provisioning: {
        url: `${endpoints.provisioner}${PROVISION_PATH}`,
        idToken: () => Promise.resolve(idToken),
      },
      s3: { endpoint: endpoints.s3 },
    });
    const file = new File(['some words\n'.repeat(30)], 'words.txt', { type: 'text/plain' });
    const key = await client.keyFor(file, { bucket });
    const tracker = client.trackUpload({ bucket, key, file });
    const state = await tracker.done;

    expect(client.workflows).toHaveLength(1);
    expect(JSON.stringify(client.workflows)).not.toMatch(/arn:|FunctionName|Comment/);
    const { events } = tracker.watch;
    for (const definition of [client.workflows, null]) {
      const opened = await open(DESKTOP);
      if (opened === undefined) break;
      const { page, problems } = opened;
      await showUpload(page, { upload: { state, events }, definition, now: Date.now() });
      const tree = page.getByRole('treeitem');
      expect(await tree.filter({ hasText: 'Count each line' }).textContent()).toMatch(/30 of 30 done/);
      // A Map that went well is one line, until somebody opens it.
      expect(await tree.filter({ hasText: /^\s*30 done/ }).count()).toBe(0);
      await tree.filter({ hasText: 'Count each line' }).click();
      expect(await tree.filter({ hasText: /^\s*30 done/ }).count()).toBe(1);
      // What lies beside the way is known from the definition alone.
      const beside = page.locator('stepcast-graph [data-step="Nothing to count"][data-status="queued"]');
      expect(await beside.count()).toBe(definition === null ? 0 : 1);
      await screenshot(page, `elements-sandbox-${definition === null ? 'events' : 'definition'}`);
      expect(problems).toEqual([]);
      await page.context().close();
    }
    await client.close();
  });
});

async function expectFocus(page: Page, name: RegExp): Promise<void> {
  const text = await page.evaluate(
    `document.querySelector('stepcast-timeline').shadowRoot.activeElement?.textContent.trim()`,
  );
  expect(text).toMatch(name);
}

/** Moves the clock of both elements, and has them draw. */
async function tick(page: Page, now: number): Promise<void> {
  await page.evaluate(
    `(async () => {
      for (const element of document.querySelectorAll('stepcast-timeline, stepcast-graph')) {
        element.clock = { now: () => ${now}, nextFrame: () => () => undefined };
        await element.updateComplete;
      }
    })()`,
  );
}
