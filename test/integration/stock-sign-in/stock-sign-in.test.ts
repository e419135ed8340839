import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJson } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import { startTestSandbox } from '../../support/sandbox.ts';

const PROGRAM = join(import.meta.dirname, 'program.ts');

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

/** What the stock client says of a sign-in. Without a password: the user's own. */
async function signIn(client: 'amplify' | 'identity-js', username: string, given?: string): Promise<unknown> {
  const known = sandbox.info.users.find((user) => user.username === username)?.password;
  const named = { client, sandbox: sandbox.url, username, password: given ?? known ?? '' };
  const options = Object.entries(named).map(([name, value]) => `--${name}=${value}`);
  const args = ['--conditions=stepcast-source', '--disable-warning=ExperimentalWarning', PROGRAM, ...options];
  const { stdout } = await runCommand(process.execPath, args, { timeoutMs: 100_000 });
  const answer = readJson(stdout);
  return answer.ok ? answer.value : stdout;
}

const REFUSED = { refused: 'NotAuthorizedException', message: 'Incorrect username or password.' };

describe('stock clients, whose default is SRP', () => {
  it('amazon-cognito-identity-js signs in and refreshes', async () => {
    await expect(signIn('identity-js', 'alice')).resolves.toMatchObject({
      claims: { 'cognito:username': 'alice', token_use: 'id' },
      isRefreshed: true,
    });
  });

  it('Amplify signs in, gets credentials, reads back what it put with them, and refreshes', async () => {
    await expect(signIn('amplify', 'alice')).resolves.toMatchObject({
      nextStep: 'DONE',
      claims: { 'cognito:username': 'alice' },
      object: 'put with the credentials of Amplify',
      isRefreshed: true,
    });
  });

  it.each(['amplify', 'identity-js'] as const)(
    '%s gets the same words for a wrong password and for a user that nobody is',
    async (client) => {
      expect(await signIn(client, 'alice', 'wrong')).toEqual(REFUSED);
      expect(await signIn(client, 'mallory', 'wrong')).toEqual(REFUSED);
    },
    240_000,
  );
});
