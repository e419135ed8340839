import { describe, expect, it } from 'vitest';
import { begun } from '../sample-states.ts';
import { prefixOf } from '../scripted-sandbox.ts';
import {
  PHONE,
  aPhoto,
  card,
  expectSound,
  focused,
  halfway,
  pages,
  panelOf,
  signIn,
  underWay,
  uploadPhoto,
} from './page-world.ts';

const withPage = pages('people.test.ts');

describe('a person', () => {
  it(
    'reads that name and password do not go together',
    withPage({}, async ({ page }) => {
      const panel = panelOf(page, 'Alice');
      await panel.getByLabel('Password').fill('something else');
      await panel.getByLabel('Password').press('Enter');
      await panel.getByText('Name and password do not go together.').waitFor();
      expect(await panel.getByRole('button', { name: 'Sign in as Alice' }).isEnabled()).toBe(true);
    }),
  );

  it(
    'may come in as a guest where the sandbox lets guests in, and is the same guest after a reload',
    withPage({ colorScheme: 'light', config: { guests: true } }, async ({ page, sandbox }) => {
      await expectSound(page, 'page-guests-signed-out');
      await page.getByRole('button', { name: 'Continue as a guest' }).click();
      const guest = panelOf(page, 'Guest');
      await guest.getByText('Live', { exact: true }).waitFor();
      const key = await uploadPhoto(sandbox, guest, 'photo.jpg');
      expect(key.startsWith(prefixOf('guest'))).toBe(true);
      await sandbox.say('guest', key, { percent: 61, steps: halfway, executions: underWay });
      await card(guest, 'photo.jpg').getByText('61%').waitFor();
      await expectSound(page, 'page-guest');
      await page.reload();
      await panelOf(page, 'Guest').getByText('Live', { exact: true }).waitFor();
    }),
  );

  it(
    'keeps the focus at hand when they sign in and out, and what was said of their uploads goes with them',
    withPage({}, async ({ page, sandbox }) => {
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in as Alice' }).focus();
      await page.keyboard.press('Enter');
      await alice.getByText('Live', { exact: true }).waitFor();
      expect(await focused(page)).toBe('Alice');
      const key = sandbox.nextUpload();
      await alice.getByRole('button', { name: 'Use a sample photo' }).focus();
      await page.keyboard.press('Space');
      await sandbox.say('alice', await key, { percent: 50, steps: begun });
      await alice.getByText('50%').waitFor();
      const live = alice.locator('.unseen[aria-live]');
      expect(await live.textContent()).toMatch(/^hills-\d+\.jpg: Resize/);
      const steps = alice.locator('summary', { hasText: /^6 steps of hills-/ });
      await steps.focus();
      await page.keyboard.press('Enter');
      expect(await alice.getByRole('tab', { name: 'Timeline' }).isVisible()).toBe(false);
      await alice.getByRole('button', { name: 'Sign out Alice' }).focus();
      await page.keyboard.press('Enter');
      expect(await focused(page)).toBe('Sign in as Alice');
      expect(await live.textContent()).toBe('');
    }),
  );

  it(
    'meets no two buttons of the same name',
    withPage({ config: { guests: true } }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await signIn(page, 'Bob');
      sandbox.setStorage('waits');
      const buffer = await aPhoto();
      const files = ['a.jpg', 'b.jpg'].map((name) => ({ name, mimeType: 'image/jpeg', buffer }));
      await alice.locator('input[type=file]').setInputFiles(files);
      await alice.getByRole('button', { name: 'Cancel b.jpg' }).waitFor();
      const all = await page.getByRole('button').filter({ visible: true }).allTextContents();
      // The file inputs, which have their label from an attribute.
      const buttons = all.filter((text) => text !== '');
      expect(buttons.length).toBeGreaterThan(10);
      expect(new Set(buttons).size).toBe(buttons.length);
    }),
  );

  it(
    'pauses, cancels and sends again, and the focus stays with the file',
    withPage({}, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      sandbox.setStorage('waits');
      await alice
        .locator('input[type=file]')
        .setInputFiles({ name: 'slow.jpg', mimeType: 'image/jpeg', buffer: await aPhoto() });
      const slow = card(alice, 'slow.jpg');
      await slow.getByRole('button', { name: 'Pause slow.jpg' }).click();
      await slow.getByText('Paused', { exact: true }).waitFor();
      expect(await focused(page)).toBe('Resume slow.jpg');
      await page.keyboard.press('Enter');
      await slow.getByText('Uploading', { exact: true }).waitFor();
      await slow.getByRole('button', { name: 'Cancel slow.jpg' }).click();
      await slow.getByText('Upload cancelled').waitFor();
      sandbox.setStorage('answers');
      const key = sandbox.nextUpload();
      expect(await focused(page)).toBe('Upload again slow.jpg');
      await page.keyboard.press('Enter');
      expect(await key).toMatch(/slow\.jpg$/);
      await slow.getByText('Waiting for the workflow').waitFor();
    }),
  );

  it(
    'switches faults from the page',
    withPage({ colorScheme: 'light' }, async ({ page }) => {
      await page.getByText('Inject faults').click();
      await page.getByLabel('Lose what starts a workflow').selectOption('always');
      await page.getByText('lose what starts a workflow: always').waitFor();
      await expectSound(page, 'page-faults');
      await page.reload();
      await page.getByText('lose what starts a workflow: always').waitFor();
    }),
  );

  it(
    'was asked to sign in while in',
    withPage({}, async ({ page }) => {
      const invitation = page.getByText(/Sign in, upload a photo/);
      await invitation.waitFor();
      const alice = await signIn(page, 'Alice');
      expect(await invitation.isVisible()).toBe(false);
      await alice.getByRole('button', { name: 'Sign out Alice' }).click();
      await invitation.waitFor();
    }),
  );

  it(
    'had buttons on a phone that stood apart',
    withPage({ viewport: PHONE }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      await uploadPhoto(sandbox, alice, 'photo.jpg');
      await card(alice, 'photo.jpg').waitFor();
      const middles = await Promise.all(
        ['Choose photos', 'Use a sample photo', 'Send a text file instead'].map(async (name) => {
          const box = await alice.getByRole('button', { name }).boundingBox();
          return Math.round((box?.x ?? 0) + (box?.width ?? 0) / 2);
        }),
      );
      expect(new Set(middles).size).toBe(1);
    }),
  );
});

describe('a workflow of one’s own', () => {
  it(
    'has its own name and words, and takes any file',
    withPage(
      {
        colorScheme: 'light',
        config: {
          workflow: {
            name: 'Word count',
            about: 'Counts the words of an uploaded text file.',
            accept: '.txt,text/plain',
            isExample: false,
            outline: null,
          },
        },
      },
      async ({ page }) => {
        await page.getByText(/Counts the words .* upload a file/).waitFor();
        const alice = await signIn(page, 'Alice');
        expect(await page.title()).toBe('Word count · Stepcast sandbox');
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Word count');
        expect(await page.getByText(/photo/i).count()).toBe(0);
        expect(await alice.locator('input[type=file]').getAttribute('accept')).toBe('.txt,text/plain');
        const file = { name: 'speech.txt', mimeType: 'text/plain', buffer: Buffer.from('Words.') };
        await alice.locator('input[type=file]').setInputFiles(file);
        await card(alice, 'speech.txt').getByText('TXT', { exact: true }).waitFor();
        await expectSound(page, 'page-own-workflow');
      },
    ),
  );
});
