import { describe, expect, it } from 'vitest';
import { card, expectSound, halfway, line, pages, signIn, underWay } from './page-world.ts';
import { prefixOf } from '../scripted-sandbox.ts';
import { ago } from '../sample-states.ts';

const withPage = pages('chosen-step.test.ts');

describe('the selected step', () => {
  it(
    'is in the address of the page, and open again after a reload, also where the list would not have shown its upload',
    withPage({ colorScheme: 'dark' }, async ({ page, sandbox, problems }) => {
      const keys = Array.from(
        { length: 14 },
        (_, index) => `${prefixOf('alice')}k${index}/photo-${index}.jpg`,
      );
      const old = keys.at(-1) ?? '';
      const begunAt = (index: number) => ago(100 + index * 60);
      sandbox.setStored(keys.map((key, index) => ({ key, uploadedAt: begunAt(index) })));
      await sandbox.overview(
        'alice',
        keys.map((key, index) => line(sandbox, key, { status: 'succeeded', epochStartedAt: begunAt(index) })),
      );
      await sandbox.say('alice', old, { percent: 61, steps: halfway, executions: underWay });
      const alice = await signIn(page, 'Alice');
      await alice.getByRole('button', { name: 'Show earlier uploads of Alice' }).click();
      const theCard = card(alice, 'photo-13.jpg');
      const row = theCard.getByRole('treeitem', { name: /^Analyse colours/ });
      await row.click();
      const details = theCard.getByRole('region', { name: 'Details of Analyse colours' });
      expect((await details.innerText()).replace(/\s+/g, ' ')).toContain('Attempts 2');
      expect(new URL(page.url()).hash).toMatch(/^#upload=[a-z2-7]{26}&step=.*Analyse\+colours$/);
      await expectSound(page, 'page-details');

      await page.reload();
      await details.waitFor();
      expect(await row.getAttribute('aria-selected')).toBe('true');
      await theCard.getByRole('button', { name: 'Close the details of Analyse colours' }).click();
      await details.waitFor({ state: 'detached' });
      expect(new URL(page.url()).hash).toBe('');
      expect(problems).toEqual([]);
    }),
  );
});
