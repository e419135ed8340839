import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addressPort } from './address-port.ts';
import { startHttpFaultProxy, type HttpFaultProxy } from './http-fault-proxy.ts';

let proxy: HttpFaultProxy;
let reached: string[] = [];
const target = createServer((request, response) => {
  reached.push(`${request.headers.host ?? ''} ${request.url ?? ''}`);
  request.resume();
  request.once('end', () => response.end('answer'));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  proxy = await startHttpFaultProxy({
    targetPort: addressPort(target),
    throttling: { status: 400, type: 'com.amazonaws.sqs#RequestThrottled' },
  });
});

afterEach(() => {
  proxy.set(undefined);
  reached = [];
});

afterAll(async () => {
  await proxy.close();
  target.closeAllConnections();
  await new Promise((resolve) => target.close(resolve));
});

function ask(): Promise<Response> {
  const url = `http://127.0.0.1:${proxy.port}/queue`;
  return fetch(url, { method: 'POST', body: 'text' });
}

describe('the proxy in front of an endpoint', () => {
  it('passes on the host that was signed, and the answer', async () => {
    await expect((await ask()).text()).resolves.toBe('answer');
    expect(reached).toEqual([`127.0.0.1:${proxy.port} /queue`]);
  });

  it('silent, it neither answers nor passes on, and resets what hangs when it heals', async () => {
    proxy.set({ kind: 'silent' });
    const hit = proxy.hit;
    const asked = ask();
    asked.catch(() => undefined);
    while (proxy.hit === hit) await new Promise((resolve) => setImmediate(resolve));
    proxy.set(undefined);
    await expect(asked).rejects.toThrow('fetch failed');
    expect(reached).toEqual([]);
  });

  it('losing answers, it has the request carried out', async () => {
    proxy.set({ kind: 'answersLost' });
    await expect(ask()).rejects.toThrow('fetch failed');
    expect(reached).toHaveLength(1);
  });

  it('refusing, it resets connections', async () => {
    proxy.set({ kind: 'refusing' });
    await expect(ask()).rejects.toThrow('fetch failed');
    expect(reached).toEqual([]);
  });

  it('throttling, it answers with the error of the endpoint', async () => {
    proxy.set({ kind: 'throttling' });
    const answer = await ask();
    expect(answer.status).toBe(400);
    await expect(answer.json()).resolves.toMatchObject({ __type: 'com.amazonaws.sqs#RequestThrottled' });
    expect(reached).toEqual([]);
  });

  it('slow, it answers late', async () => {
    proxy.set({ kind: 'slow', delayMs: 50 });
    const startedMs = performance.now();
    await expect((await ask()).text()).resolves.toBe('answer');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(49);
  });
});
