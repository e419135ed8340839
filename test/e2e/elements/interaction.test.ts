import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  failed,
  finished,
  runningMap,
  SampleRun,
  sampleOutline,
  thousands,
} from '@stepcast/elements/testing';
import type { Page } from 'playwright-core';
import * as z from 'zod';
import { accessibilityProblems, screenshot } from '../browser.ts';
import { DESKTOP, PHONE, show, startElementsPages, type ElementsPages } from './elements-page.ts';

let pages: ElementsPages;
beforeAll(async () => {
  pages = await startElementsPages('the elements in Chromium (test/e2e/elements/interaction.test.ts)');
}, 300_000);
afterAll(() => pages.close());

const outline = sampleOutline();

describe('both elements in a browser', () => {
  it('go on while a step runs, keep what was opened, and are walked through by keys', async () => {
    const opened = await pages.open(DESKTOP);
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

  it('show on a phone where the graph begins, and then what runs, unless somebody moves the drawing', async () => {
    const opened = await pages.open({ ...PHONE, reducedMotion: 'reduce' });
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

  it('tell a page which step somebody chose', async () => {
    const opened = await pages.open(DESKTOP);
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
    'say all that is known of one line, %s, for those who see and those who listen',
    async (_, device, display) => {
      const opened = await pages.open({
        ...display,
        reducedMotion: 'reduce',
        timezoneId: 'UTC',
        locale: 'en-GB',
      });
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
      // The focus stays where the keys are, and a screen reader announces the change.
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
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(display.viewport.height);
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        display.viewport.width,
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
    const opened = await pages.open({ ...DESKTOP, reducedMotion: 'reduce' });
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
    // The selected line is no business of the filter.
    expect(await details.count()).toBe(1);
    await screenshot(page, 'elements-filtered-to-nothing');
    expect(problems).toEqual([]);
    await page.context().close();
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
