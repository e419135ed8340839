import { describe, expect, it } from 'vitest';
import { ago, begun } from '../sample-states.ts';
import { prefixOf, SCRIPTED_ORIGIN } from '../scripted-sandbox.ts';
import { aPhoto, card, expectSound, line, names, pages, panelOf, signIn, uploadPhoto } from './page-world.ts';

const withPage = pages('uploads.test.ts');

describe('an upload that waits', () => {
  it(
    'is one line: eight of them fit a window',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const keys = Array.from({ length: 8 }, () => sandbox.nextUpload());
      const buffer = await aPhoto();
      await alice
        .locator('input[type=file]')
        .setInputFiles(
          keys.map((_, index) => ({ name: `photo-${index + 1}.jpg`, mimeType: 'image/jpeg', buffer })),
        );
      await Promise.all(keys);
      await alice.getByText('Waiting for the workflow').nth(7).waitFor();
      // In the order in which they were chosen, the first on top.
      expect(await names(alice)).toEqual(keys.map((_, index) => `photo-${index + 1}.jpg`));
      expect(await page.evaluate('document.querySelector(".uploads").offsetHeight')).toBeLessThan(700);
      await expectSound(page, 'page-eight-waiting');
    }),
  );

  it(
    'says when it takes longer than usual, and what an operator should check',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const key = `${prefixOf('alice')}abc/photo.jpg`;
      await sandbox.say('alice', key, { status: 'queued', epochStartedAt: ago(90) });
      await sandbox.overview('alice', [line(sandbox, key, { status: 'queued', epochStartedAt: ago(90) })]);
      const alice = await signIn(page, 'Alice');
      await card(alice, 'photo.jpg').getByText('Waiting for the workflow, longer than usual').waitFor();
      await card(alice, 'photo.jpg').getByText('What to look at').click();
      await card(alice, 'photo.jpg')
        .getByText(/^npm run --silent stepcast -- lookup s3:\/\/uploads/)
        .waitFor();
      await expectSound(page, 'page-waiting-long');
    }),
  );

  it(
    'is there after a reload although the service never heard of it',
    withPage({}, async ({ page, sandbox }) => {
      sandbox.setStored([{ key: `${prefixOf('alice')}abc/lost.jpg`, uploadedAt: ago(90) }]);
      const alice = await signIn(page, 'Alice');
      await card(alice, 'lost.jpg').getByText('Waiting for the workflow').waitFor();
      expect(await names(alice)).toEqual(['lost.jpg']);
    }),
  );
});

describe('the list of uploads', () => {
  it(
    'pages through all of them, the newest first, in the same order after a reload',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const keys = Array.from(
        { length: 24 },
        (_, index) => `${prefixOf('alice')}k${index}/photo-${index}.jpg`,
      );
      sandbox.setStored(keys.map((key, index) => ({ key, uploadedAt: ago(100 + index * 60) })));
      const known = keys
        .slice(0, 15)
        .map((key, index) =>
          line(sandbox, key, { status: 'succeeded', epochStartedAt: ago(100 + index * 60) }),
        );
      await sandbox.overview('alice', known);
      const alice = await signIn(page, 'Alice');
      await alice.getByText('10 of 24 uploads').waitFor();
      const inOrder = keys.map((_, index) => `photo-${index}.jpg`);
      expect(await names(alice)).toEqual(inOrder.slice(0, 10));
      await expectSound(page, 'page-many');
      const more = alice.getByRole('button', { name: 'Show earlier uploads of Alice' });
      await more.click();
      await alice.getByText('20 of 24 uploads').waitFor();
      await more.click();
      await alice.getByText('24 uploads', { exact: true }).waitFor();
      expect(await names(alice)).toEqual(inOrder);
      expect(await more.isVisible()).toBe(false);
      await page.reload();
      await panelOf(page, 'Alice').getByText('10 of 24 uploads').waitFor();
      expect(await names(panelOf(page, 'Alice'))).toEqual(inOrder.slice(0, 10));
    }),
  );

  it(
    'comes back after a reload and in another tab, with thumbnails and the steps of what runs, for the same person only',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await signIn(page, 'Bob');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 37, steps: begun });
      await card(alice, 'photo.jpg').getByText('37%').waitFor();
      await card(alice, 'photo.jpg').locator('img').waitFor();
      const entry = line(sandbox, key, {});
      await sandbox.overview('alice', [
        { ...entry, position: { ...entry.position, offset: sandbox.positionOf(key) } },
      ]);
      await page.reload();
      const again = card(panelOf(page, 'Alice'), 'photo.jpg');
      await again.getByText('37%').waitFor();
      await again.locator('img').waitFor();
      await again.getByRole('treeitem', { name: /^Large or small/ }).waitFor();
      expect(await panelOf(page, 'Bob').getByRole('article').count()).toBe(0);
      const tab = await page.context().newPage();
      await tab.goto(SCRIPTED_ORIGIN);
      const inTab = await signIn(tab, 'Alice');
      await card(inTab, 'photo.jpg').locator('img').waitFor();
      await panelOf(page, 'Alice').getByRole('button', { name: 'Sign out Alice' }).click();
      expect(await page.getByRole('article').count()).toBe(0);
    }),
  );
});
