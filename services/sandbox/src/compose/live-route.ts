import { createHealthChecks } from '@stepcast/kit';
import { LIVE_PATH } from '@stepcast/wire';
import type { FastifyInstance } from 'fastify';

/** `/livez`: whether the process works, as every service says it. Its image asks for it. */
export function registerLiveRoute(server: FastifyInstance): void {
  const checks = createHealthChecks();
  server.addHook('onClose', (_server, done) => {
    checks.close();
    done();
  });
  server.get(LIVE_PATH, async (_request, reply) => {
    const report = checks.live();
    await reply.code(report.ok ? 200 : 503).send(report);
  });
}
