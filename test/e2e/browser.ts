import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import * as z from 'zod';
import { IS_LONG } from '../support/long-form.ts';

const output = join(import.meta.dirname, '..', 'output');

/** Puts a picture of the page in `test/output/`, in the long form: nothing is compared with it. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (!IS_LONG) return;
  await mkdir(output, { recursive: true });
  await page.screenshot({ path: join(output, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** Everything that goes wrong in a page without a test noticing: errors, failed loads, refusals of its own policy. */
export function watchForProblems(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  return problems;
}

/**
 * Records every text of the page that matches, from now on, inside of its elements as well. For what only passes by: it may be over before a test waits
 * for it. Resolves with the function that gives what was recorded, each text once, in order of appearance.
 */
export async function recordTexts(page: Page, pattern: RegExp): Promise<() => Promise<string[]>> {
  await page.evaluate(
    `(() => {
      const pattern = new RegExp(${JSON.stringify(pattern.source)});
      const seen = new Set();
      const watched = new Set();
      const observer = new MutationObserver(() => record(document.body));
      const record = (root) => {
        if (!watched.has(root)) {
          watched.add(root);
          observer.observe(root, { childList: true, characterData: true, subtree: true });
        }
        const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
        while (nodes.nextNode()) {
          const { data, shadowRoot } = nodes.currentNode;
          if (data !== undefined && pattern.test(data)) seen.add(data);
          if (shadowRoot) record(shadowRoot);
        }
      };
      record(document.body);
      globalThis.recordedTexts = seen;
    })()`,
  );
  return async () => z.array(z.string()).parse(await page.evaluate('[...recordedTexts]'));
}

const AxeResults = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/**
 * What axe-core finds wrong with the page as it is now, by the rules of WCAG 2.2 A and AA and its best practices:
 * one line for each element.
 */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const loaded = await page.evaluate('typeof axe');
  // Through the debugger, not as a script element: the policy of the page stays as it is.
  if (loaded === 'undefined') await page.evaluate(await axeSource());
  const found = AxeResults.parse(
    await page.evaluate(`axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }).then(({ violations }) => violations)`),
  );
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id} (${help}): ${html}`));
}

async function axeSource(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
}
