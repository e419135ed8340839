import { describe, expect, it } from 'vitest';
import type { StepState } from '@stepcast/contracts';
import { ago, begun, running, step } from '../sample-states.ts';
import {
  APPEARANCES,
  card,
  expectSound,
  pages,
  signIn,
  underWay,
  uploadPhoto,
  type PageParts,
} from './page-world.ts';

const withPage = pages('reports.test.ts');

describe.each(APPEARANCES)('a step that says how far it is, on a %s, %s', (device, colorScheme, viewport) => {
  const withAppearance = (body: (parts: PageParts) => Promise<void>) =>
    withPage({ viewport, colorScheme }, body);

  it(
    'is on the page by its bar and its text, in timeline and graph, and gone from both when it has ended',
    withAppearance(async ({ page, sandbox, problems }) => {
      const alice = await signIn(page, 'Alice');
      const key = await uploadPhoto(sandbox, alice, 'photo.jpg');
      const analyse = (over: Partial<StepState>) => step('Analyse colours', 'Task', over);
      const report = { percent: 60, text: 'counting its colours', at: ago(0) };
      const done = begun.map(
        (one) => ({ ...one, status: 'succeeded', ended: one.visits, endedAt: ago(1) }) as const,
      );
      const parallel = step('Resize and analyse', 'Parallel', running);
      const steps = [...done.filter(({ name }) => name !== parallel.name), parallel];
      const shown = { percent: 43, etaSeconds: null, executions: underWay };
      await sandbox.say('alice', key, { ...shown, steps: [...steps, analyse({ ...running, report })] });
      const photoCard = card(alice, 'photo.jpg');
      await photoCard.getByText('Analyse colours: 60%, counting its colours').waitFor();
      const row = photoCard.getByRole('treeitem', { name: /^Analyse colours/ });
      expect(await row.textContent()).toContain('60%, counting its colours');
      expect(await row.locator('[part=report] rect').getAttribute('width')).toBe('60%');
      await expectSound(page, `page-reporting-${device}-${colorScheme}`);

      await photoCard.getByRole('tab', { name: 'Graph' }).click();
      const node = photoCard.locator('[data-step="Analyse colours"]');
      await node.locator('rect.done').waitFor();
      expect(await node.textContent()).toContain('60%');
      await expectSound(page, `page-reporting-graph-${device}-${colorScheme}`);

      await sandbox.say('alice', key, { ...shown, percent: 55, steps: [...steps, analyse({})] });
      await node.locator('rect.done').waitFor({ state: 'detached' });
      await photoCard.getByRole('tab', { name: 'Timeline' }).click();
      expect(await row.textContent()).not.toContain('counting');
      expect(problems).toEqual([]);
    }),
  );
});
