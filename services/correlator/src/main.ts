import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  createHttpServer,
  createLogger,
  createMetrics,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { createCorrelator } from './compose.ts';
import { correlatorConfigFromEnvironment } from './config.ts';

const config = correlatorConfigFromEnvironment();
const logger = createLogger({ service: 'correlator', level: config.logLevel });

await runService({
  logger,
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
    const metrics = createMetrics('stepcast_correlator_');
    const correlator = createCorrelator({
      config,
      clients,
      clock: systemClock,
      timers: systemTimers,
      random: Math.random,
      logger,
      metrics,
    });
    const server = createHttpServer({ health: () => correlator.health(), checks, metrics });
    lifecycle.onStop('http', async () => {
      await server.close();
    });
    lifecycle.onStop('correlator', (options) => correlator.stop(options));
    correlator.start();
    await server.listen({ host: config.host, port: config.port });
    logger.info({ host: config.host, port: config.port, startMode: config.startMode }, 'correlator ready');
  },
});
