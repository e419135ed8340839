import { ConfigurationError } from '@stepcast/web';
import { describe, expect, it } from 'vitest';
import { ProgressStore } from './progress-store.ts';
import { bench } from './test-support.tsx';

const ignore = () => undefined;

describe('what the hooks below a provider share', () => {
  it('closes its client after the last who listened, even when somebody before could not begin', async () => {
    const { createClient, clients, runtime } = bench();
    let broken = true;
    const failing = () => {
      if (broken) throw new ConfigurationError('not yet');
      return createClient();
    };
    const store = new ProgressStore({ createClient: failing }, runtime.setTimer.bind(runtime));
    expect(() => store.listenToConnection(ignore)).toThrow('not yet');
    broken = false;
    const stop = store.listenToConnection(ignore);
    expect(clients[0]?.connection.status).toBe('idle');
    stop();
    await runtime.settle();
    expect(clients.map(({ connection }) => connection.status)).toEqual(['closed']);
  });

  it('releases once for each hold, however often it is called', async () => {
    const { createClient, clients, runtime } = bench();
    const store = new ProgressStore({ createClient }, runtime.setTimer.bind(runtime));
    const letGo = store.hold();
    const stop = store.listenToConnection(ignore);
    letGo();
    letGo();
    await runtime.settle();
    expect(clients[0]?.connection.status).toBe('idle');
    stop();
    await runtime.settle();
    expect(clients[0]?.connection.status).toBe('closed');
  });
});
