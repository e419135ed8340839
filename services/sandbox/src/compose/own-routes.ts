import { HEALTH_PATH } from '@stepcast/wire';
import type { Health, Metrics } from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import type { SandboxInfo } from './sandbox-info.ts';

export interface OwnRoutesOptions {
  readonly info: SandboxInfo;
  readonly jwksPath: string;
  readonly jwks: () => unknown;
  readonly health: () => Readonly<Record<string, Health>>;
  readonly metrics: () => readonly Metrics[];
}

/** `/sandbox.json`, the user pool's keys, `/healthz` and `/metrics`. */
export function registerOwnRoutes(server: FastifyInstance, options: OwnRoutesOptions): void {
  const { info, jwksPath, jwks, health, metrics } = options;
  server.addHook('onRequest', async (request, reply) => {
    // Pages of other origins are developed against the sandbox; what is here is no secret.
    if (request.url === '/sandbox.json' || request.url === jwksPath)
      reply.header('access-control-allow-origin', '*');
  });
  server.get('/sandbox.json', () => info);
  server.get(jwksPath, () => jwks());
  server.get(HEALTH_PATH, async (_request, reply) => {
    const parts = Object.entries(health());
    const problems = Object.fromEntries(
      parts.flatMap(([part, one]) => (one.healthy ? [] : [[part, one.problems]])),
    );
    await reply
      .code(parts.every(([, one]) => one.healthy) ? 200 : 503)
      .send({ healthy: Object.keys(problems).length === 0, problems });
  });
  server.get('/metrics', async (_request, reply) => {
    const texts = await Promise.all(metrics().map((one) => one.text()));
    await reply.type('text/plain; version=0.0.4').send(texts.join('\n'));
  });
}
