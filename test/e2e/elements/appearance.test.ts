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
import type { BrowserContextOptions } from 'playwright-core';
import { IS_LONG } from '../../support/long-form.ts';
import { accessibilityProblems, screenshot } from '../browser.ts';
import { DESKTOP, PHONE, show, showUpload, startElementsPages, type ElementsPages } from './elements-page.ts';

let pages: ElementsPages;
beforeAll(async () => {
  pages = await startElementsPages('the elements in Chromium (test/e2e/elements/appearance.test.ts)');
}, 300_000);
afterAll(() => pages.close());

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
    'are drawn soundly and without barriers: %s',
    async (name, run, definition, events, options) => {
      const opened = await pages.open({ ...options, reducedMotion: 'reduce' });
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
    const opened = await pages.open({ viewport: { width: 260, height: 700 } });
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
    const opened = await pages.open(DESKTOP);
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
    const opened = await pages.open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    await show(page, thousands(), outline);
    const notes = await page.locator('stepcast-graph text').allTextContents();
    expect(notes.join()).toMatch(/1,9\d\d of 2,000 done/);
    expect(notes.filter((note) => note.endsWith('…'))).toEqual([]);
    await page.context().close();
  });

  it('cut names of steps on a phone', async () => {
    const opened = await pages.open(PHONE);
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
    const opened = await pages.open({ viewport: { width: 760, height: 700 } });
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

  it('draw thousands of items without holding up the page', async () => {
    const opened = await pages.open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    await show(page, thousands(5_000), outline);
    const rows = await page.getByRole('treeitem').count();
    expect(rows).toBeLessThan(40);
    await page.context().close();
  });

  it('say that a workflow is too large for a graph', async () => {
    const opened = await pages.open(DESKTOP);
    if (opened === undefined) return;
    const { page } = opened;
    const states = Array.from({ length: 301 }, (_, index) => ({ name: `S${index}`, type: 'Pass' }));
    await showUpload(page, { upload: null, definition: { states }, now: 0 });
    await page.getByText('more than 300 states').waitFor();
    expect(await page.locator('stepcast-graph svg.drawing').count()).toBe(0);
    await page.context().close();
  });
});
