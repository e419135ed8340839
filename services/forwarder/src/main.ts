import { randomUUID } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  configOrExit,
  createLogger,
  createMetrics,
  createSqsSender,
  runService,
  systemClock,
} from '@stepcast/kit';
import { createForwarder } from './compose.ts';
import { forwarderConfigFromEnvironment } from './config.ts';
import { watchSender } from './sender-health.ts';
import { createForwarderServer } from './server.ts';

const config = configOrExit('forwarder', forwarderConfigFromEnvironment);
const logger = createLogger({ service: 'forwarder', level: config.logLevel });

await runService({
  logger,
  async start(lifecycle, health) {
    const client = new SQSClient(awsClientDefaults());
    lifecycle.onStop('sqs', () => {
      client.destroy();
      return Promise.resolve();
    });
    const metrics = createMetrics('stepcast_forwarder_');
    const senderOf = (queueUrl: string) => watchSender(createSqsSender({ client, queueUrl }), systemClock);
    const sender = senderOf(config.eventsQueueUrl);
    const deadLetters = senderOf(config.deadLetterQueueUrl);
    health.addCheck('eventsQueue', sender.check);
    health.addCheck('deadLetterQueue', deadLetters.check);
    const forwarder = createForwarder({
      sender,
      deadLetters,
      logger,
      metrics,
      clock: systemClock,
      ids: randomUUID,
      projections: config.projections,
      reportToken: config.reportToken,
    });
    const server = await createForwarderServer({
      forwarder,
      logger,
      metrics,
      health,
      token: config.awslogsToken,
      bounds: config,
    });
    lifecycle.onStop('http', async () => {
      await server.close();
    });
    await server.listen({ host: config.host, port: config.port });
    logger.info({ host: config.host, port: config.port }, 'forwarder ready');
  },
});
