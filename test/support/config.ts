import { existsSync } from 'node:fs';

/** Places where systems keep a Chromium or Chrome, tried in this order. */
const browserPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * The browser to test in: `CHROMIUM_PATH`, else the first of the usual places that is there, else undefined.
 * `CHROMIUM_PATH` is taken as it is, so that a wrong one fails instead of being passed over.
 */
export function browserPath(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  return named !== undefined && named !== '' ? named : browserPlaces.find((place) => existsSync(place));
}
