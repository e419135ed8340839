import { HEALTH_PATH, READY_PATH } from '@stepcast/wire';
import type { HealthReport, Metrics } from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import type { SandboxInfo } from './sandbox-info.ts';

/** Where the operators' command finds its key. */
export const OPERATOR_PATH = '/operator.json';

export interface OwnRoutesOptions {
  readonly info: SandboxInfo;
  /** The operator's key. */
  readonly operator: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly jwksPath: string;
  readonly jwks: () => unknown;
  /** Whether the services in this process are ready, by part. */
  readonly ready: () => Promise<HealthReport>;
  readonly metrics: () => readonly Metrics[];
}

/** `/sandbox.json`, `/operator.json`, the user pool's keys, `/readyz`, `/healthz` and `/metrics`. */
export function registerOwnRoutes(server: FastifyInstance, options: OwnRoutesOptions): void {
  const { info, operator, jwksPath, jwks, ready, metrics } = options;
  server.addHook('onRequest', async (request, reply) => {
    // Pages of other origins are developed against the sandbox; what is here is no secret.
    if (request.url === '/sandbox.json' || request.url === jwksPath)
      reply.header('access-control-allow-origin', '*');
  });
  server.get('/sandbox.json', () => info);
  // For the operators' command, which needs no secret of its own then. Pages of other origins cannot read it.
  server.get(OPERATOR_PATH, () => ({
    accessKeyId: operator.accessKeyId,
    secretAccessKey: operator.secretAccessKey,
  }));
  server.get(jwksPath, () => jwks());
  for (const path of [READY_PATH, HEALTH_PATH])
    server.get(path, async (_request, reply) => {
      const { ok, checks } = await ready();
      const problems: Record<string, string> = {};
      for (const [part, check] of Object.entries(checks)) if (!check.ok) problems[part] = check.reason;
      await reply.code(ok ? 200 : 503).send({ healthy: ok, problems });
    });
  server.get('/metrics', async (_request, reply) => {
    const texts = await Promise.all(metrics().map((one) => one.text()));
    await reply.type('text/plain; version=0.0.4').send(texts.join('\n'));
  });
}
