import { registerAwslogsRoute } from '@stepcast/forwarder';
import { createHttpServer, type HealthChecks, type Logger } from '@stepcast/kit';
import type { Engine, EngineMetrics } from './compose.ts';

/** The engine's door: `POST /awslogs`, beside health and the metrics of all parts. */
export async function createEngineServer(options: {
  readonly engine: Pick<Engine, 'route'>;
  readonly checks: HealthChecks;
  readonly metrics: EngineMetrics;
  readonly logger: Logger;
  readonly token: string | undefined;
}): Promise<ReturnType<typeof createHttpServer>> {
  const { engine, checks, metrics, logger, token } = options;
  const server = createHttpServer({
    checks,
    metrics: {
      async text() {
        const texts = await Promise.all(Object.values(metrics).map((part) => part.text()));
        return texts.join('\n');
      },
    },
  });
  await registerAwslogsRoute(server, { ...engine.route, logger, token });
  return server;
}
