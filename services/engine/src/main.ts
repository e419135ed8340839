import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  configOrExit,
  createLogger,
  runMetricsLog,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { runTelemetry } from '@stepcast/kit/telemetry';
import { METRICS_NAMESPACE, PUBLISHED_METRICS } from '@stepcast/wire';
import { createEngine, createEngineMetrics } from './compose.ts';
import { readEngineConfig } from './config.ts';
import { createEngineServer } from './server.ts';

const config = configOrExit('engine', readEngineConfig);
const logger = createLogger({ service: 'engine', level: config.logLevel });

await runService({
  logger,
  drainTimeoutMs: 20_000,
  async start(lifecycle, checks) {
    const clients = {
      sqs: new SQSClient(awsClientDefaults()),
      dynamodb: new DynamoDBClient(awsClientDefaults()),
      sfn: new SFNClient({ ...awsClientDefaults(), retryMode: 'adaptive' }),
    };
    lifecycle.onStop('clients', () => {
      for (const client of Object.values(clients)) client.destroy();
      return Promise.resolve();
    });
    const metrics = createEngineMetrics();
    runMetricsLog({
      config,
      service: 'engine',
      namespace: METRICS_NAMESPACE,
      published: PUBLISHED_METRICS,
      metrics: Object.values(metrics),
      health: checks,
      lifecycle,
      logger,
    });
    const tracing = await runTelemetry({
      config,
      service: 'engine',
      metrics: Object.values(metrics),
      lifecycle,
      logger,
    });
    const engine = createEngine({
      config,
      clients,
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      ids: randomUUID,
      logger,
      metrics,
      tracing,
    });
    engine.addChecks(checks);
    const server = await createEngineServer({
      engine,
      checks,
      metrics,
      logger,
      token: config.awslogsToken,
    });
    // Closed last: until then every waiting caller gets an answer, and health says that the engine stops.
    lifecycle.onStop('http', () => server.close());
    lifecycle.onStop('engine', (options) => engine.stop(options));
    engine.start();
    await server.listen({ host: config.host, port: config.port });
    logger.info({ host: config.host, port: config.port, startMode: config.startMode }, 'engine ready');
  },
});
