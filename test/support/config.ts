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

/**
 * A DynamoDB that somebody runs already, for example another release of DynamoDB Local: `STEPCAST_TEST_DYNAMODB_ENDPOINT`, such as
 * `http://127.0.0.1:8000`. Tests make tables of their own there, and delete them.
 */
export function dynamoDbEndpoint(): string | undefined {
  const named = process.env['STEPCAST_TEST_DYNAMODB_ENDPOINT'];
  return named === '' ? undefined : named;
}

/** Whether `STEPCAST_TEST_DYNAMODB_LOCAL` is `off`: then tests neither fetch nor start DynamoDB Local. */
export function dynamoDbLocalIsOff(): boolean {
  return process.env['STEPCAST_TEST_DYNAMODB_LOCAL'] === 'off';
}

/** Where the user's cache is, where it is not the usual place: `XDG_CACHE_HOME`. */
export function cacheFolder(): string | undefined {
  const named = process.env['XDG_CACHE_HOME'];
  return named === '' ? undefined : named;
}

/** For builds: Vitest's own `NODE_ENV` would give pages the development form of React, which nobody is served. */
export function productionEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env, NODE_ENV: 'production' };
}

/** The folder of what the suites of one run share, which Vitest's global setup makes and removes. `undefined` outside of Vitest. */
export function sharedRunFolder(): string | undefined {
  return process.env['STEPCAST_TEST_RUN'];
}

/** The port that a sandbox of its own process listens on, where a test names one: `PORT`. */
export function sandboxPort(): string | undefined {
  return process.env['PORT'];
}
