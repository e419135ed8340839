import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  createHttpServer,
  configOrExit,
  createLogger,
  createMetrics,
  runMetricsLog,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { runTelemetry } from '@stepcast/kit/telemetry';
import { METRICS_NAMESPACE, PUBLISHED_METRICS } from '@stepcast/wire';
import { createPublisher } from './compose.ts';
import { readPublisherConfig } from './config.ts';

const config = configOrExit('publisher', readPublisherConfig);
const logger = createLogger({ service: 'publisher', level: config.logLevel });

await runService({
  logger,
  drainTimeoutMs: 20_000,
  async start(lifecycle, checks) {
    const metrics = createMetrics('stepcast_publisher_');
    runMetricsLog({
      config,
      service: 'publisher',
      namespace: METRICS_NAMESPACE,
      published: PUBLISHED_METRICS,
      metrics: [metrics],
      health: checks,
      lifecycle,
      logger,
    });
    const tracing = await runTelemetry({
      config,
      service: 'publisher',
      metrics: [metrics],
      lifecycle,
      logger,
    });
    const clients = {
      sqs: new SQSClient(awsClientDefaults()),
      dynamodb: new DynamoDBClient(awsClientDefaults()),
      ecs: new ECSClient(awsClientDefaults({ requestTimeoutMs: 3_000 })),
    };
    lifecycle.onStop('aws clients', () => {
      clients.sqs.destroy();
      clients.dynamodb.destroy();
      clients.ecs.destroy();
      return Promise.resolve();
    });
    const publisher = createPublisher({
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
    publisher.addChecks(checks);
    const server = createHttpServer({ health: () => publisher.health(), checks, metrics });
    await server.listen({ host: config.host, port: config.port });
    lifecycle.onStop('http server', () => server.close());
    await publisher.start();
    lifecycle.onStop('publisher', (options) => publisher.stop(options));
    logger.info({ host: config.host, port: config.port }, 'publisher started');
  },
});
