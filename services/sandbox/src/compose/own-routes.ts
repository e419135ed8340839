import { HEALTH_PATH, READY_PATH } from '@stepcast/wire';
import type { HealthReport, Metrics } from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import { isFromHere } from './door.ts';
import type { SandboxInfo } from './sandbox-info.ts';

/** Where the operators' command finds its key. */
export const OPERATOR_PATH = '/operator.json';

export interface OwnRoutesOptions {
  readonly info: SandboxInfo;
  readonly token: string;
  /** `mqtt://host:port` of the broker's TCP listener. */
  readonly mqttUrl: string;
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
  const { info, token, mqttUrl, operator, jwksPath, jwks, ready, metrics } = options;
  server.addHook('onRequest', async (request, reply) => {
    // Pages of allowed origins are developed against the sandbox.
    if (request.url === '/sandbox.json' || request.url === jwksPath)
      reply.header('access-control-allow-origin', request.headers.origin ?? '*');
  });
  // Scripts on this machine need the token; a page needs none of what it opens.
  server.get('/sandbox.json', (request) =>
    isFromHere(request) && request.headers.origin === undefined ? { ...info, token, mqttUrl } : info,
  );
  // For the operators' command on this machine, which needs no secret of its own then.
  server.get(OPERATOR_PATH, (request, reply) =>
    isFromHere(request) && request.headers.origin === undefined
      ? { accessKeyId: operator.accessKeyId, secretAccessKey: operator.secretAccessKey }
      : reply.callNotFound(),
  );
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
