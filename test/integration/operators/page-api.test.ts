import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { TOKEN_HEADER } from '@stepcast/wire';
import { startTestSandbox } from '../../support/sandbox.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.stop());

const answerTo = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${sandbox.url}/ops/api${path}`, init);
  return [response.status, await response.text()] as const;
};

describe('the API of the operators’ page', () => {
  it('answers those who have the token, and nobody else, whatever is asked', async () => {
    const paths = ['/session', '/stats', '/streams', '/dead-letters', '/audit', '/nothing'];
    for (const path of paths)
      for (const token of [undefined, '', 'wrong', `${sandbox.token}x`]) {
        const headers: Record<string, string> = token === undefined ? {} : { [TOKEN_HEADER]: token };
        expect([path, token, (await answerTo(path, { headers }))[0]]).toEqual([path, token, 401]);
      }
    const headers = { [TOKEN_HEADER]: sandbox.token };
    expect((await answerTo('/session', { headers }))[0]).toBe(200);
    expect((await answerTo('/nothing', { headers }))[0]).toBe(404);
    expect((await answerTo('/session', { headers: { ...headers, origin: 'https://example.com' } }))[0]).toBe(
      403,
    );
  });

  it('takes changes as JSON only, of a bounded size, and says what is wrong with others', async () => {
    const post = (type: string, body: string) =>
      answerTo('/dead-letters', {
        method: 'POST',
        headers: { [TOKEN_HEADER]: sandbox.token, 'content-type': type },
        body,
      });
    expect(await post('text/plain', '{}')).toEqual([415, expect.stringContaining('has to be JSON')]);
    expect(await post('application/json', 'x'.repeat(70_000))).toEqual([
      413,
      expect.stringContaining('65536 bytes'),
    ]);
    expect(await post('application/json', '{')).toEqual([
      400,
      expect.stringContaining('the body is no JSON'),
    ]);
    expect(await post('application/json', '{"action":"retry"}')).toEqual([
      400,
      expect.stringContaining('name letters by ids, or a code'),
    ]);
  });
});
