import { describe, expect, it } from 'vitest';
import { begun, execution, running, step } from '../sample-states.ts';
import {
  APPEARANCES,
  aPhoto,
  card,
  expectSound,
  finished,
  halfway,
  pages,
  panelOf,
  signIn,
  underWay,
  uploadPhoto,
  type PageParts,
} from './page-world.ts';

const withPage = pages('appearance.test.ts');

describe.each(APPEARANCES)('each state of the page on a %s, %s', (device, colorScheme, viewport) => {
  const appearance = `${device}-${colorScheme}`;
  const withAppearance = (body: (parts: PageParts) => Promise<void>) =>
    withPage({ viewport, colorScheme }, body);

  it(
    'is sound: signed out, empty, two people, running, retrying, failed, refused, finished',
    withAppearance(async ({ page, sandbox, problems }) => {
      await panelOf(page, 'Alice').waitFor();
      expect(await panelOf(page, 'Bob').getByLabel('Password').inputValue()).toBe('bob-in-the-sandbox');
      await expectSound(page, `page-signed-out-${appearance}`);

      const alice = await signIn(page, 'Alice');
      await alice.getByText('No uploads yet.').waitFor();
      await expectSound(page, `page-empty-${appearance}`);

      const done = await uploadPhoto(sandbox, alice, 'breakfast-by-the-window.jpg');
      await sandbox.say('alice', done, {
        status: 'succeeded',
        percent: 100,
        steps: finished,
        executions: [execution],
      });
      await card(alice, 'breakfast-by-the-window.jpg').getByText('Finished').waitFor();

      const failed = await uploadPhoto(sandbox, alice, 'notes.txt');
      const error = { name: 'NotAnImage', message: 'The file is not a picture. Choose a JPEG or PNG.' };
      const caught = step('Check the file', 'Task', { status: 'caught', error: { name: 'NotAnImage' } });
      const fail = step('Not an image', 'Fail', { status: 'failed', error });
      await sandbox.say('alice', failed, { status: 'failed', percent: 12, error, steps: [caught, fail] });
      await card(alice, 'notes.txt').getByText(error.message).waitFor();

      const active = await uploadPhoto(sandbox, alice, 'harbour at dusk, long exposure, second try.jpg');
      await sandbox.say('alice', active, {
        percent: 61.2,
        etaSeconds: 5.4,
        steps: halfway,
        executions: underWay,
      });
      await card(alice, 'harbour at dusk').getByText('Look at each tile: 5 of 12').waitFor();
      // Its steps are open by themselves, and say what happened before.
      await card(alice, 'harbour at dusk').getByText('2 attempts').waitFor();
      // A long name ends with dots, after one line where there is room: its ".jpg" once stood alone on a second.
      const title = await card(alice, 'harbour at dusk').locator('.upload-name').boundingBox();
      expect(title?.height).toBeLessThan(device === 'phone' ? 50 : 30);
      const bar = card(alice, 'harbour at dusk').getByRole('progressbar');
      expect(await bar.getAttribute('aria-valuenow')).toBe('61');
      await expectSound(page, `page-running-${appearance}`);

      const bob = await signIn(page, 'Bob');
      const retried = await uploadPhoto(sandbox, bob, 'first-of-its-kind.jpg');
      const analyse = step('Analyse colours', 'Task', { ...running, status: 'retrying', attempt: 2 });
      await sandbox.say('bob', retried, { percent: null, steps: [...begun, analyse] });
      await card(bob, 'first-of-its-kind.jpg').getByText('Trying again: Analyse colours').waitFor();
      sandbox.setStorage('refuses');
      await bob
        .locator('input[type=file]')
        .setInputFiles({ name: 'refused.jpg', mimeType: 'image/jpeg', buffer: await aPhoto() });
      await card(bob, 'refused.jpg').getByText('The upload did not get through').waitFor();
      await expectSound(page, `page-two-people-${appearance}`);
      // The refused upload is logged by the browser itself.
      expect(problems.filter((text) => !text.includes('403'))).toEqual([]);
    }),
  );
});
