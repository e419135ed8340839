import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { NOTHING_SENT, type Path } from './path.ts';
import { decode, messageOf, Owners } from './records.ts';

/**
 * The well-known sample, in its favour: a cache that hits, no signing, no SDK. One event after the other: get the
 * owner when the cache misses (4 ms), then one HTTP publish (12 ms).
 */
export function startNaive(endpoint: string): Path {
  const agent = new Agent({ keepAlive: true });
  const owners = new Owners();

  async function call(path: string, delayMs: number, body: string): Promise<void> {
    const outgoing = request(`${endpoint}${path}`, {
      method: 'POST',
      agent,
      headers: { 'x-delay-ms': String(delayMs), 'content-length': String(Buffer.byteLength(body)) },
    });
    outgoing.end(body);
    const response = Promise.withResolvers<void>();
    outgoing.once('error', response.reject);
    outgoing.once('response', (incoming) => {
      incoming.resume();
      once(incoming, 'end').then(() => response.resolve(), response.reject);
    });
    await response.promise;
  }

  return {
    async offer(data) {
      for (const record of decode(data)) {
        const arn = record.execution_arn;
        if (owners.get(arn) === undefined) await call('/naive/get', 4, arn);
        await call('/naive/publish', 12, messageOf(record, owners.of(record)));
      }
    },
    sent: () => NOTHING_SENT,
    stop() {
      agent.destroy();
      return Promise.resolve();
    },
  };
}
