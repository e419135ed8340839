import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
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
import { processEnvironment, readProvisionerConfig } from './config.ts';
import { startProvisioner } from './service.ts';

const config = configOrExit('provisioner', () => readProvisionerConfig(processEnvironment));
const logger = createLogger({ service: 'provisioner', level: config.logLevel });

await runService({
  logger,
  async start(lifecycle, health) {
    const metrics = createMetrics('stepcast_provisioner_');
    runMetricsLog({
      config,
      service: 'provisioner',
      namespace: METRICS_NAMESPACE,
      published: PUBLISHED_METRICS,
      metrics: [metrics],
      health,
      lifecycle,
      logger,
    });
    await runTelemetry({ config, service: 'provisioner', metrics: [metrics], lifecycle, logger });
    await startProvisioner({
      config,
      clients: {
        iot: new IoTClient(awsClientDefaults()),
        sfn: new SFNClient(awsClientDefaults()),
        cognitoIdentity: new CognitoIdentityClient(awsClientDefaults()),
        sqs: new SQSClient(awsClientDefaults()),
      },
      clock: systemClock,
      timers: systemTimers,
      logger,
      metrics,
      lifecycle,
      health,
    });
    logger.info({ host: config.host, port: config.port }, 'provisioner ready');
  },
});
