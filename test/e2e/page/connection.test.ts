import { describe, expect, it } from 'vitest';
import { begun } from '../sample-states.ts';
import { SCRIPTED_ORIGIN } from '../scripted-sandbox.ts';
import { card, expectSound, pages, panelOf, signIn, underWay, uploadPhoto } from './page-world.ts';

const withPage = pages('connection.test.ts');

describe('the connection', () => {
  it(
    'says that access is being made ready, and what to do when it is refused',
    withPage({ colorScheme: 'dark' }, async ({ page, sandbox }) => {
      sandbox.setProvisioning('waits');
      const alice = panelOf(page, 'Alice');
      await alice.getByRole('button', { name: 'Sign in as Alice' }).click();
      await alice.getByText('Getting access ready').waitFor();
      sandbox.setProvisioning('refuses');
      const bob = panelOf(page, 'Bob');
      await bob.getByRole('button', { name: 'Sign in as Bob' }).click();
      await bob.getByText('Session ended').waitFor();
      expect(await bob.getByText('Sign out and in again.').isVisible()).toBe(true);
      await expectSound(page, 'page-getting-ready-dark');
      sandbox.setProvisioning('answers');
      await bob.getByRole('button', { name: 'Try again as Bob' }).click();
      await bob.getByText('Live', { exact: true }).waitFor();
    }),
  );

  it(
    'that is lost marks what was under way, says that the sandbox is gone, and goes on when it is back',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun });
      await card(alice, 'photo.jpg').getByText('20%').waitFor();
      await sandbox.breakConnections('gone');
      await alice.getByText('Reconnecting').waitFor();
      await card(alice, 'photo.jpg')
        .getByText(/^20% · as of \d\d:\d\d/)
        .waitFor();
      await alice.getByText(/The sandbox does not answer\. What you see is as of .* npm start/).waitFor();
      await expectSound(page, 'page-sandbox-gone');
      sandbox.mendConnections();
      await sandbox.say('alice', key, { percent: 60, steps: begun });
      await card(alice, 'photo.jpg').getByText('60%').waitFor();
      await alice.getByText('Live', { exact: true }).waitFor();
      expect(await alice.getByText('does not answer').count()).toBe(0);
    }),
  );

  it(
    'was lost, and timeline and graph went on turning and growing',
    withPage({ reducedMotion: 'no-preference' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun, executions: underWay });
      const photo = card(alice, 'photo.jpg');
      for (const [tab, element] of [
        ['Timeline', 'stepcast-timeline'],
        ['Graph', 'stepcast-graph'],
      ] as const) {
        await photo.getByRole('tab', { name: tab }).click();
        const moving = () =>
          page.evaluate(`document.querySelector('${element}')?.shadowRoot.getAnimations().length ?? 0`);
        await expect.poll(moving).toBeGreaterThan(0);
        await sandbox.breakConnections();
        await photo.getByText(/^20% · as of/).waitFor();
        await expect.poll(moving).toBe(0);
        sandbox.mendConnections();
        await alice.getByText('Live', { exact: true }).waitFor();
        await expect.poll(moving).toBeGreaterThan(0);
      }
    }),
  );

  it(
    'that the device does not have is said as that',
    withPage({ colorScheme: 'light' }, async ({ page, sandbox }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      await sandbox.say('alice', key, { percent: 20, steps: begun });
      await card(alice, 'photo.jpg').getByText('20%').waitFor();
      await page.context().setOffline(true);
      await sandbox.breakConnections();
      await alice.getByText(/This device has no network\. What you see is as of/).waitFor();
      await expectSound(page, 'page-offline');
    }),
  );

  it(
    'that never was is said in place of the page',
    withPage({}, async ({ page }) => {
      await page.context().route(`${SCRIPTED_ORIGIN}/sandbox.json`, (route) => route.abort());
      await page.reload();
      await page.getByText('The sandbox does not answer. Is it still running?').waitFor();
      await expectSound(page, 'page-no-sandbox');
    }),
  );
});
