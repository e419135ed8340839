import { afterEach, describe, expect, it } from 'vitest';
import { bind, unbind, type BoundServer } from './bind.ts';

let bound: BoundServer | undefined;
afterEach(async () => {
  if (bound !== undefined) await unbind(bound.server);
  bound = undefined;
});

describe('the server of the sandbox', () => {
  // Was Node's default of 5 s (and a second of grace): uploads about six seconds apart ended in ECONNRESET.
  it('announces that an idle connection lasts for longer than a minute', async () => {
    bound = await bind('127.0.0.1', 0);
    bound.open({
      request: (_request, response) => response.end('open'),
      upgrade: (_request, socket) => socket.destroy(),
    });
    const response = await fetch(`http://127.0.0.1:${bound.port}/`);
    expect(response.headers.get('keep-alive')).toBe('timeout=72');
    expect(await response.text()).toBe('open');
  });

  it('answers 503 while it starts, and keeps no connection for later', async () => {
    bound = await bind('127.0.0.1', 0);
    const response = await fetch(`http://127.0.0.1:${bound.port}/`);
    expect(response.status).toBe(503);
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.text()).toBe('starting');
  });

  it('refuses a port that is in use, by name', async () => {
    bound = await bind('127.0.0.1', 0);
    await expect(bind('127.0.0.1', bound.port)).rejects.toMatchObject({ code: 'SANDBOX_PORT_UNAVAILABLE' });
  });
});
