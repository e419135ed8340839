import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IdentityId, uploadIdOf } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { clientOf } from '../chaos/sandbox-client.ts';
import { buildPage } from '../support/built-page.ts';
import { IS_LONG } from '../support/long-form.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { accessibilityProblems, screenshot, watchForProblems } from './browser.ts';
import { startBrowser } from './start-browser.ts';
import { createOperationsWorld, SECRET, type OperationsWorld } from '../support/operations-world.ts';

const desktop = { width: 1280, height: 900 };
const phone = { width: 375, height: 760 };
const WORKFLOW = [
  '--definition',
  'services/sandbox/examples/word-count.asl.json',
  '--handlers',
  'services/sandbox/examples/word-count-handlers.mjs',
];
const FAULTS = ['--faults', 'duplicate=0.3,reorder=0.3', '--seed', '7'];

let browser: Browser | undefined;
let built: Awaited<ReturnType<typeof buildPage>>;
let sandbox: Sandbox;
let world: OperationsWorld;
let ending: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await startBrowser('the page of operators (test/e2e/operations-page.test.ts)');
  built = await buildPage('ops');
  sandbox = await startTestSandbox({ argv: [...WORKFLOW, ...FAULTS], operationsDirectory: built.directory });
  world = await createOperationsWorld(sandbox);
});
afterEach(async () => {
  for (const end of ending.reverse()) await end();
  ending = [];
});
afterAll(async () => {
  await browser?.close();
  await sandbox.stop({ force: true });
  await built.remove();
});

/** Runs a test with a page, where there is a browser; where there is none, the summary of the run says so. */
const withPage =
  (options: BrowserContextOptions, body: (page: Page, problems: readonly string[]) => Promise<void>) =>
  async () => {
    if (browser === undefined) return;
    const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
    ending.push(() => context.close());
    const page = await context.newPage();
    const problems = watchForProblems(page);
    await body(page, problems);
  };

/** Opens the page as the sandbox prints its address, with the token behind `#`. */
async function openOperations(page: Page): Promise<void> {
  await page.goto(`${sandbox.url}/ops/#token=${sandbox.token}`);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** Goes to a view by the navigation. */
async function goTo(page: Page, view: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
  await page.getByRole('heading', { level: 1, name: view }).waitFor();
}

/** What every state of the page has to be: accessible, no wider than its window, and without anything that was carried. */
async function expectSound(page: Page, picture: string): Promise<void> {
  await screenshot(page, picture);
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  expect(await page.content()).not.toContain(SECRET);
  expect(await page.content()).not.toContain(sandbox.token);
}

const tile = (page: Page, name: string) =>
  page.getByRole('list', { name: 'What waits' }).getByRole('link', { name });

describe('the page of operators', () => {
  it(
    'asks for the token first, and says when it is another',
    withPage({ colorScheme: 'light' }, async (page) => {
      await page.goto(`${sandbox.url}/ops`);
      await page.getByLabel('Token').fill('not the one');
      await page.getByLabel('Token').press('Enter');
      await page.getByText('That is not the token.').waitFor();
      await expectSound(page, 'ops-token');
      await page.getByLabel('Token').fill(sandbox.token);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    }),
  );

  it(
    'is calm where nothing waits, and takes the token out of its address',
    withPage({ colorScheme: 'light' }, async (page, problems) => {
      await openOperations(page);
      expect(page.url()).toBe(`${sandbox.url}/ops/`);
      await tile(page, 'Dead letters').getByText('nothing given up').waitFor();
      await page.getByRole('img', { name: /^Lag per hop: uploads queue, now/ }).waitFor();
      await expectSound(page, 'ops-empty');
      for (const view of ['Streams', 'Waiting', 'Dead letters', 'Audit']) {
        await goTo(page, view);
        await page
          .getByText(/^(No streams yet|Nothing is parked|No dead letters|Nothing was changed)/)
          .first()
          .waitFor();
        expect(await accessibilityProblems(page)).toEqual([]);
      }
      expect(problems).toEqual([]);
    }),
  );

  it(
    'shows at a glance what waits, and finds a stream by whatever names it',
    withPage({ colorScheme: 'light' }, async (page, problems) => {
      for (const name of ['one.txt', 'two.txt', 'three.txt']) await world.upload(name);
      await world.park('waits-for-an-owner');
      await world.quarantine('contested', 'keyPrefix and callerIdentity name different identities');
      await world.sendNoEvent();
      await openOperations(page);
      await tile(page, 'Parked')
        .getByText('2', { exact: true })
        .or(tile(page, 'Parked').getByText('3', { exact: true }))
        .first()
        .waitFor();
      await tile(page, 'Quarantined').getByText('1', { exact: true }).waitFor();
      await tile(page, 'Dead letters').getByText('1', { exact: true }).waitFor();
      await page.getByRole('link', { name: 'CORRELATOR_UPLOAD_INVALID' }).waitFor();
      await page.getByRole('img', { name: /^Throughput: records in, now/ }).waitFor();
      await expectSound(page, 'ops-busy');

      const { identityId } = world.person;
      const key = `users/${identityId}/one.txt`;
      const uploadId = uploadIdOf(sandbox.info.bucket, key);
      await goTo(page, 'Streams');
      await page.getByRole('link', { name: 'one.txt' }).waitFor();
      for (const text of [uploadId, uploadId.slice(0, 10), `s3://${sandbox.info.bucket}/${key}`]) {
        await page.getByRole('searchbox').fill(text);
        await page.getByRole('button', { name: 'Look up' }).click();
        await page.getByRole('heading', { level: 2, name: 'one.txt' }).waitFor();
      }
      await page.getByText('managedStart').first().waitFor();
      const arn =
        (await page
          .getByRole('link', { name: /^arn:aws:states/ })
          .first()
          .textContent()) ?? '';
      await expectSound(page, 'ops-stream');
      await page.getByRole('searchbox').fill(arn);
      await page.getByRole('searchbox').press('Enter');
      await page.getByRole('heading', { level: 2, name: arn.split(':').at(-1) ?? '' }).waitFor();
      await page.getByRole('searchbox').fill(identityId);
      await page.getByRole('searchbox').press('Enter');
      await page.getByRole('heading', { level: 2, name: identityId }).waitFor();
      expect(problems).toEqual([]);
    }),
  );

  it(
    'says in a line what cannot be found, and offers what an ambiguous beginning stands for',
    withPage({ colorScheme: 'dark' }, async (page) => {
      await openOperations(page);
      await goTo(page, 'Streams');
      const ask = async (text: string) => {
        await page.getByRole('searchbox').fill(text);
        await page.getByRole('searchbox').press('Enter');
      };
      for (const [text, line] of [
        ['zz', '"zz" is too short'],
        ['a'.repeat(26), 'Nothing is known of aaaa'],
        ['1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f', 'a user-pool sub, not an identity ID'],
        ['nobody-has-this', 'Nothing in the journal begins with'],
      ] as const) {
        await ask(text);
        await page.getByRole('alert').getByText(line).waitFor();
      }
      await ask('up-');
      await page.getByText('"up-" stands for').waitFor();
      await expectSound(page, 'ops-ambiguous-dark');
      await page
        .getByRole('button', { name: /^arn:aws:states/ })
        .first()
        .click();
      await page.getByText('managedStart').first().waitFor();
    }),
  );

  it(
    'explains dead letters in the words of the runbook, and sends one back from the page',
    withPage({ colorScheme: 'light' }, async (page, problems) => {
      const upload = await world.upload('late.txt');
      await world.letterAbout(upload);
      await openOperations(page);
      await goTo(page, 'Dead letters');
      const section = page.getByRole('region', { name: 'CORRELATOR_START_FAILED', exact: true });
      await section.getByText('the derived name prevents a double start').waitFor();
      await expectSound(page, 'ops-dead-letters');

      await section.getByRole('button', { name: /^Retry letter/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Each goes back to the queue').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await section.getByRole('button', { name: /^Retry letter/ }).click();
      await dialog.getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('status').getByText('sent to stepcast-uploads').waitFor();
      await section.waitFor({ state: 'detached' });
      // What was given up has become a version of its own.
      await goTo(page, 'Streams');
      await page.getByRole('link', { name: 'late.txt' }).click();
      await page
        .getByRole('article', { name: /^Epoch/ })
        .nth(1)
        .waitFor();

      await goTo(page, 'Dead letters');
      const other = page.getByRole('region', { name: 'CORRELATOR_UPLOAD_INVALID', exact: true });
      await other.getByRole('button', { name: /^Drop… letter/ }).click();
      await dialog.getByRole('button', { name: 'Drop' }).click();
      await dialog.getByText('Say why.').waitFor();
      await dialog.getByLabel('Reason, for the audit').fill('a load test');
      await dialog.getByLabel('Reason, for the audit').press('Enter');
      await page.getByText('No dead letters: no service').waitFor();

      await goTo(page, 'Audit');
      const rows = page.getByRole('region', { name: 'Audit' }).getByRole('row');
      await rows
        .filter({ hasText: 'dead-letters drop' })
        .filter({ hasText: 'a load test' })
        .first()
        .waitFor();
      await rows.filter({ hasText: 'dead-letters retry' }).filter({ hasText: 'done' }).first().waitFor();
      await expectSound(page, 'ops-audit');
      expect(problems).toEqual([]);
    }),
  );

  it(
    'says why records wait, has them checked again, and drops them with a reason',
    withPage({ colorScheme: 'light' }, async (page) => {
      await openOperations(page);
      await goTo(page, 'Waiting');
      const card = page.getByRole('listitem').filter({ hasText: 'waits-for-an-owner' });
      await card.getByText('no owner is proven').waitFor();
      await page.getByText('keyPrefix and callerIdentity name different identities').waitFor();
      await expectSound(page, 'ops-waiting');
      await card.getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('status').getByText('2 records sent to stepcast-events.fifo again').waitFor();
      await card.getByRole('button', { name: 'Drop…' }).click();
      await page.getByLabel('Reason, for the audit').fill('nobody uploaded for it');
      await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
      await card.waitFor({ state: 'detached' });
      const contested = page.getByRole('listitem').filter({ hasText: 'contested' });
      await contested.getByRole('button', { name: 'Release…' }).click();
      await page.getByLabel('Reason, for the audit').fill('the backend uploads on behalf of users');
      await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
      await page.getByText('Nothing is quarantined').waitFor();

      // Each change stands in the audit whole: what, to what, by whom, why, and what came of it.
      await goTo(page, 'Audit');
      const table = page.getByRole('region', { name: 'Audit' });
      const columns = await table.getByRole('columnheader').allTextContents();
      expect(columns).toEqual(['When', 'What', 'Outcome', 'Subject', 'Reason', 'Detail', 'Who']);
      const lines = async () =>
        (await table.getByRole('row').allInnerTexts()).map((line) =>
          line.split('\t').map((cell) => cell.trim()),
        );
      const who = expect.stringMatching(/^arn:aws:sts::.*stepcast-operator/);
      const foreign = (name: string) => `arn:aws:states:us-east-1:111122223333:execution:Foreign:${name}`;
      for (const [action, name, reason] of [
        ['parked retry', 'waits-for-an-owner', '–'],
        ['parked drop', 'waits-for-an-owner', 'nobody uploaded for it'],
        ['quarantine release', 'contested', 'the backend uploads on behalf of users'],
      ] as const) {
        const subject = expect.stringContaining(foreign(name));
        const of = (outcome: string, detail: unknown) => [
          expect.any(String),
          action,
          outcome,
          subject,
          reason,
          detail,
          who,
        ];
        expect(await lines()).toEqual(
          expect.arrayContaining([
            of('begun', expect.any(String)),
            of('done', expect.stringMatching(/record|owner/)),
          ]),
        );
      }
      await expectSound(page, 'ops-audit-details');
    }),
  );

  it(
    'says in the audit that a change failed, and why',
    withPage({ colorScheme: 'dark' }, async (page) => {
      await world.park('taken-away');
      await openOperations(page);
      await goTo(page, 'Waiting');
      const card = page.getByRole('listitem').filter({ hasText: 'taken-away' });
      await card.waitFor();
      await expectSound(page, 'ops-waiting-dark');
      await card.getByRole('button', { name: 'Retry' }).click();
      const { authorizer } = sandbox.access;
      const decide = authorizer.authorize.bind(authorizer);
      authorizer.authorize = (request) =>
        request.action === 'sqs:SendMessage' && request.principal.kind === 'service'
          ? { allowed: false, reason: 'no identity-based policy allows it' }
          : decide(request);
      ending.push(() => Promise.resolve((authorizer.authorize = decide)));
      await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').getByText('sqs:SendMessage').waitFor();
      authorizer.authorize = decide;
      await expectSound(page, 'ops-refused-dark');
      await page.keyboard.press('Escape');
      await goTo(page, 'Audit');
      const row = page.getByRole('region', { name: 'Audit' }).getByRole('row').filter({ hasText: 'failed' });
      await row.filter({ hasText: 'taken-away' }).filter({ hasText: 'sqs:SendMessage' }).first().waitFor();
      await expectSound(page, 'ops-audit-dark');
    }),
  );

  it(
    'replays after a dry run, and a client that watches gets no event twice',
    withPage({ colorScheme: 'light' }, async (page, problems) => {
      const key = `users/${world.person.identityId}/replayed.txt`;
      const { bucket } = sandbox.info;
      await world.person.provision();
      const client = clientOf(sandbox, world.person);
      ending.push(() => client.close());
      const offsets: number[] = [];
      const watch = client.watch({ bucket, key });
      watch.on('event', ({ event }) => offsets.push(event.offset));
      const complete = new Promise<void>((resolve) => watch.on('complete', () => resolve()));
      await client.whenLive();
      await world.upload('replayed.txt');
      await complete;
      const once = [...offsets];
      const raw = await world.person.connect('witness');
      ending.push(() => raw.endAsync(true));
      let replayed = 0;
      raw.on('message', (_topic, payload) => {
        if (payload.toString().includes('"replay":true')) replayed += 1;
      });
      const uploadId = uploadIdOf(bucket, key);
      const identityId = IdentityId.parse(world.person.identityId);
      await raw.subscribeAsync(`${sandbox.info.topicNamespace}/${identityId}/uploads/${uploadId}/events`, {
        qos: 1,
      });

      await openOperations(page);
      await goTo(page, 'Streams');
      await page.getByRole('searchbox').fill(uploadId);
      await page.getByRole('searchbox').press('Enter');
      await page.getByRole('heading', { level: 2, name: 'replayed.txt' }).waitFor();
      await page.getByRole('link', { name: 'Replay', exact: true }).last().click();
      await page.getByRole('heading', { level: 1, name: 'Replay' }).waitFor();
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByText(/message.*1 retained state and 1 overview\./).waitFor();
      expect(replayed).toBe(0);
      await page.getByRole('button', { name: /^Publish \d+ message/ }).click();
      await page.getByText(/^Finished: \d+ messages? published, states and overviews restored\.$/).waitFor();
      await expectSound(page, 'ops-replay');
      expect(replayed).toBeGreaterThan(0);
      // It belongs to the page, not to its view.
      await goTo(page, 'Overview');
      await goTo(page, 'Replay');
      expect(await page.getByText(/^Finished: \d+ message/).isVisible()).toBe(true);
      expect(offsets).toEqual(once);
      expect(new Set(offsets).size).toBe(offsets.length);
      expect(problems).toEqual([]);
    }),
  );

  it(
    'says that a replay has nothing to publish, and that a time is wrong',
    withPage({ colorScheme: 'light' }, async (page) => {
      await openOperations(page);
      await goTo(page, 'Replay');
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByText('Name what to replay, or a time').waitFor();
      await page.getByLabel('From (your time)').fill('2999-01-01T00:00');
      await page.getByLabel('To (default: now)').fill('2999-01-02T00:00');
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page
        .getByText('Nothing to replay: the journal has no entry from 2998-12-31')
        .or(page.getByText('Nothing to replay: the journal has no entry from 2999-01-01'))
        .first()
        .waitFor();
      await page.getByLabel('To (default: now)').fill('2998-01-02T00:00');
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByText('From is after to.').waitFor();
      expect(await page.getByRole('button', { name: /^Publish/ }).count()).toBe(0);
    }),
  );

  it.each(IS_LONG ? (['light', 'dark'] as const) : (['dark'] as const))(
    'fits a phone, and is used with a keyboard alone (%s)',
    (colorScheme) =>
      withPage({ colorScheme, viewport: phone }, async (page, problems) => {
        await world.sendNoEvent();
        await openOperations(page);
        await page.getByRole('link', { name: 'CORRELATOR_UPLOAD_INVALID' }).waitFor();
        await page.getByRole('img', { name: /^Lag per hop/ }).waitFor();
        await expectSound(page, `ops-phone-overview-${colorScheme}`);
        for (const view of ['Streams', 'Waiting', 'Replay', 'Audit']) {
          await goTo(page, view);
          await expectSound(page, `ops-phone-${view.toLowerCase()}-${colorScheme}`);
        }
        await page
          .getByRole('navigation', { name: 'Views' })
          .getByRole('link', { name: 'Dead letters' })
          .focus();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor();
        expect(await page.evaluate('document.activeElement.id')).toBe('view');
        await page
          .getByRole('button', { name: /^Drop… letter/ })
          .first()
          .waitFor();
        await expectSound(page, `ops-phone-letters-${colorScheme}`);
        await page
          .getByRole('button', { name: /^Drop… letter/ })
          .first()
          .focus();
        await page.keyboard.press('Enter');
        await page.keyboard.type('seen on a phone');
        await page.keyboard.press('Enter');
        await page.getByRole('status').getByText(': dropped').waitFor();
        expect(problems).toEqual([]);
      })(),
  );

  it(
    'says so when the sandbox is gone, keeps what was known, and asks less and less often',
    withPage({ colorScheme: 'dark' }, async (page) => {
      const other = await startTestSandbox({ argv: WORKFLOW, operationsDirectory: built.directory });
      try {
        await page.goto(`${other.url}/ops/#token=${other.token}`);
        await tile(page, 'Running').waitFor();
        await page.getByRole('img', { name: /^Lag per hop/ }).waitFor();
      } finally {
        await other.stop({ force: true });
      }
      await page
        .getByText('Nobody answers. Is Stepcast still running? What you see is what was last known')
        .waitFor();
      expect(await tile(page, 'Running').isVisible()).toBe(true);
      await expectSound(page, 'ops-gone-dark');
    }),
  );
});
