import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import {
  createHttpServer,
  createLogger,
  createMetrics,
  runService,
  systemClock,
  systemTimers,
} from '@stepcast/kit';
import { composeProvisioner } from './compose.ts';
import { processEnvironment, readProvisionerConfig } from './config.ts';

const config = readProvisionerConfig(processEnvironment);
const logger = createLogger({ service: 'provisioner', level: config.logLevel });

await runService({
  logger,
  async start(lifecycle) {
    const metrics = createMetrics('stepcast_provisioner_');
    const server = createHttpServer({ health: () => ({ healthy: true, problems: {} }), metrics });
    const clients = { iot: new IoTClient({}), cognitoIdentity: new CognitoIdentityClient({}) };
    await composeProvisioner({
      config,
      clients,
      clock: systemClock,
      timers: systemTimers,
      logger,
      metrics,
      server,
    });
    await server.listen({ host: config.host, port: config.port });
    lifecycle.onStop('http server', () => server.close());
    logger.info({ host: config.host, port: config.port }, 'provisioner ready');
  },
});
