import { chromium, type Browser } from 'playwright-core';
import { browserPath } from '../support/config.ts';
import { reportNotRun, reportUsed } from '../support/not-run.ts';

/* Apart from what tests do with a browser: programs that no Vitest runs start one too. */

/** The sandbox serves plain HTTP on loopback; nothing of the browser's own may go to the network during a test. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How fast a machine is must not decide whether a test passes: this only ends what hangs, before the test's own limit does. */
const PATIENCE_MS = 150_000;

/**
 * Starts a headless Chromium, or says loudly that there is none and returns undefined.
 * @param what the tests that need it, for that report
 */
export async function startBrowser(what: string): Promise<Browser | undefined> {
  const executablePath = browserPath();
  if (executablePath === undefined) {
    reportNotRun(
      what,
      'no Chromium or Chrome was found; install one, or name it with CHROMIUM_PATH, to have them',
    );
    return undefined;
  }
  const browser = await chromium.launch({ executablePath, headless: true, args: flags });
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
  reportUsed('Browser', `Chromium ${browser.version()}`);
  return browser;
}
