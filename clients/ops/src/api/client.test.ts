import { describe, expect, it } from 'vitest';
import { createApi } from './client.ts';

const answering = (status: number, body: string) => {
  const sent: { readonly url: string; readonly init: RequestInit }[] = [];
  const send: typeof fetch = (url, init = {}) => {
    sent.push({ url: typeof url === 'string' ? url : '', init });
    return Promise.resolve(new Response(body, { status }));
  };
  return { send, sent };
};
const error = (code: string, message: string, more: object = {}) =>
  JSON.stringify({ error: { code, message, more: [], candidates: [], retryable: false, ...more } });

describe('the API as the page calls it', () => {
  it('sends the token in a header, a change as JSON, and ends every call in time', async () => {
    const { send, sent } = answering(200, '{"action":"a","done":[],"gone":[],"stopped":null}');
    await createApi('secret', send).changeLetters({ action: 'retry', ids: ['x'], reason: null });
    const { url, init } = sent[0] ?? { url: '', init: {} };
    expect(url).toBe('/ops/api/dead-letters');
    expect(init).toMatchObject({
      method: 'POST',
      headers: { 'x-stepcast-token': 'secret', 'content-type': 'application/json' },
      body: '{"action":"retry","ids":["x"],"reason":null}',
    });
    expect(init.signal?.aborted).toBe(false);
  });

  it('names what it looks up so that nothing of it gets lost', async () => {
    const { send, sent } = answering(404, error('OPERATOR_UNKNOWN', 'nothing is known of it'));
    const what = 's3://bucket/a b&c=d#é+%';
    await expect(createApi(undefined, send).lookUp(what)).rejects.toMatchObject({
      kind: 'answer',
      message: 'Nothing is known of it.',
    });
    expect(new URL(sent[0]?.url ?? '', 'http://x').searchParams.get('what')).toBe(what);
    expect(sent[0]?.init.headers).toEqual({});
  });

  it.each([
    [401, error('OPERATOR_CALLER_REFUSED', 'no'), { kind: 'refused' }],
    [409, error('OPERATOR_AMBIGUOUS', 'two:', { candidates: ['a', 'b'] }), { candidates: ['a', 'b'] }],
    [
      403,
      '{"message":"Forbidden"}',
      { kind: 'answer', message: expect.stringMatching(/^You are not signed in/) },
    ],
    [502, '<html>', { message: 'The service answered HTTP 502.', retryable: true }],
    [200, '{"place":1}', { message: expect.stringMatching(/^The answer is not the one/) }],
  ])('says what an answer of %i means: %s', async (status, body, problem) => {
    await expect(createApi('t', answering(status, body).send).session()).rejects.toMatchObject(problem);
  });

  it('says that nobody answers, where nobody does', async () => {
    const send = () => Promise.reject(new TypeError('fetch failed'));
    await expect(createApi('t', send).session()).rejects.toMatchObject({
      kind: 'gone',
      message: 'Nobody answers. Is Stepcast still running?',
      retryable: true,
    });
  });
});
