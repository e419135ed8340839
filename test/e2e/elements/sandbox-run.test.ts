import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVISION_PATH, userPoolProvider } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { cognitoCredentials, createProgressClient } from '@stepcast/web';
import { signIn } from '../../support/person.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { screenshot } from '../browser.ts';
import { DESKTOP, showUpload, startElementsPages, type ElementsPages } from './elements-page.ts';

let pages: ElementsPages;
beforeAll(async () => {
  pages = await startElementsPages('the elements in Chromium (test/e2e/elements/sandbox-run.test.ts)');
}, 300_000);
afterAll(() => pages.close());

describe('a run of the sandbox', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    const examples = join(import.meta.dirname, '../../../services/sandbox/examples');
    sandbox = await startTestSandbox({
      argv: [
        ['--definition', join(examples, 'word-count.asl.json')],
        ['--handlers', join(examples, 'word-count-handlers.mjs')],
      ].flat(),
    });
  });
  afterAll(() => sandbox.stop());

  it('is drawn from what the client has of it, with the outline that provisioning brought', async () => {
    const { region, bucket, identityPoolId, userPoolId, endpoints, users } = sandbox.info;
    const { idToken } = await signIn(sandbox.info, users[0]?.username ?? '');
    const client = createProgressClient({
      region,
      endpoint: endpoints.mqttWss,
      credentials: cognitoCredentials({
        region,
        identityPoolId,
        endpoint: endpoints.cognitoIdentity,
        logins: () => Promise.resolve({ [userPoolProvider(region, userPoolId)]: idToken }),
      }),
      provisioning: {
        url: `${endpoints.provisioner}${PROVISION_PATH}`,
        idToken: () => Promise.resolve(idToken),
      },
      s3: { endpoint: endpoints.s3 },
    });
    const file = new File(['some words\n'.repeat(30)], 'words.txt', { type: 'text/plain' });
    const key = await client.keyFor(file, { bucket });
    const tracker = client.trackUpload({ bucket, key, file });
    const state = await tracker.done;

    expect(client.workflows).toHaveLength(1);
    expect(JSON.stringify(client.workflows)).not.toMatch(/arn:|FunctionName|Comment/);
    const { events } = tracker.watch;
    for (const definition of [client.workflows, null]) {
      const opened = await pages.open(DESKTOP);
      if (opened === undefined) break;
      const { page, problems } = opened;
      await showUpload(page, { upload: { state, events }, definition, now: Date.now() });
      const tree = page.getByRole('treeitem');
      expect(await tree.filter({ hasText: 'Count each line' }).textContent()).toMatch(/30 of 30 done/);
      // A Map that went well is one line, until somebody opens it.
      expect(await tree.filter({ hasText: /^\s*30 done/ }).count()).toBe(0);
      await tree.filter({ hasText: 'Count each line' }).click();
      expect(await tree.filter({ hasText: /^\s*30 done/ }).count()).toBe(1);
      // What lies beside the way is known from the definition alone.
      const beside = page.locator('stepcast-graph [data-step="Nothing to count"][data-status="queued"]');
      expect(await beside.count()).toBe(definition === null ? 0 : 1);
      await screenshot(page, `elements-sandbox-${definition === null ? 'events' : 'definition'}`);
      expect(problems).toEqual([]);
      await page.context().close();
    }
    await client.close();
  });
});
