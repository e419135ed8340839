import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { awsClientDefaults, createMetrics, systemClock, systemTimers, type Logger } from '@stepcast/kit';
import type { Context } from 'aws-lambda';
import { createProvisioner } from './compose.ts';
import { processEnvironment, readProvisionerConfig } from './config.ts';
import { createProvisionLambda, type ProxyAnswer } from './lambda-handler.ts';

/** Our logger, spoken by Powertools: it adds the request ID and the cold start to every line. */
function toLogger(powertools: PowertoolsLogger): Logger {
  return {
    debug: (fields, message) => powertools.debug(message, { ...fields }),
    info: (fields, message) => powertools.info(message, { ...fields }),
    warn: (fields, message) => powertools.warn(message, { ...fields }),
    error: (fields, message) => powertools.error(message, { ...fields }),
    child: (bindings) => toLogger(powertools.createChild({ persistentKeys: { ...bindings } })),
  };
}

const config = readProvisionerConfig(processEnvironment);
const powertools = new PowertoolsLogger({ serviceName: 'provisioner' });
const logger = toLogger(powertools);
const provisioner = createProvisioner({
  config,
  clients: {
    iot: new IoTClient(awsClientDefaults()),
    cognitoIdentity: new CognitoIdentityClient(awsClientDefaults()),
  },
  clock: systemClock,
  timers: systemTimers,
  logger,
  metrics: createMetrics('stepcast_provisioner_'),
});
const handle = createProvisionLambda({
  provision: provisioner.provisionCaller,
  allowedOrigins: config.allowedOrigins,
  logger,
  outcomes: provisioner.outcomes,
});

/** AWS Lambda's entry, behind an API Gateway (REST or HTTP API) with IAM authorisation. */
export async function handler(event: unknown, context: Context): Promise<ProxyAnswer> {
  powertools.addContext(context);
  return handle(event);
}
