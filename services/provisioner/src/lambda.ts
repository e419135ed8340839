import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  awsClientDefaults,
  createMetrics,
  createSqsSender,
  systemClock,
  systemTimers,
  type Logger,
} from '@stepcast/kit';
import type { Context } from 'aws-lambda';
import { createProvisioner } from './compose.ts';
import { processEnvironment, readProvisionerConfig } from './config.ts';
import { createFirstLoginsHandler } from './first-logins-queue.ts';
import { createTokenFunction } from './functions/by-token.ts';
import { createFirstLoginsFunction } from './functions/first-logins.ts';
import { createReconcileFunction } from './functions/reconcile.ts';
import { createProvisionLambda } from './lambda-handler.ts';

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
const powertools = new PowertoolsLogger({
  serviceName: 'provisioner',
  // The most severe level has another name there.
  logLevel: config.logLevel === 'fatal' ? 'critical' : config.logLevel,
});
const logger = toLogger(powertools);
const provisioner = createProvisioner({
  config,
  clients: {
    iot: new IoTClient(awsClientDefaults()),
    sfn: new SFNClient(awsClientDefaults()),
    cognitoIdentity: new CognitoIdentityClient(awsClientDefaults()),
  },
  clock: systemClock,
  timers: systemTimers,
  logger,
  metrics: createMetrics('stepcast_provisioner_'),
});
const parts = { allowedOrigins: config.allowedOrigins, logger, outcomes: provisioner.outcomes };

/** What a function answers, with the request ID in every line of its log. */
function logged<Answer>(handle: (event: unknown) => Promise<Answer>) {
  return (event: unknown, context: Context): Promise<Answer> => {
    powertools.addContext(context);
    return handle(event);
  };
}

/** Made at the first batch: only this function knows a dead-letter queue. */
const firstLoginsHandler = once(() => {
  const { deadLetterQueueUrl } = config;
  if (deadLetterQueueUrl === undefined) throw new TypeError('no dead-letter queue is configured');
  const client = new SQSClient(awsClientDefaults());
  return createFirstLoginsHandler({
    identityPoolId: config.identityPoolId,
    firstLogin: provisioner.firstLogin,
    deadLetters: createSqsSender({ client, queueUrl: deadLetterQueueUrl }),
    clock: systemClock,
    logger,
    outcomes: provisioner.outcomes,
  });
});

/*
 * Entries of AWS Lambda, each for a function of its own: what a function does is decided by its configuration, and not by
 * what an event looks like.
 */

/** Behind an API Gateway (REST or HTTP API) with IAM authorisation: the identity that signed. */
export const handler = logged(createProvisionLambda({ ...parts, provision: provisioner.provisionCaller }));

/** Behind an HTTP API: by ID token, and what guests may do. */
export const byToken = logged(
  createTokenFunction({ ...parts, provision: provisioner.provision, guestAccess: provisioner.guestAccess }),
);

/** On a schedule: compares attachments with identities. */
export const reconcile = logged(
  createReconcileFunction({ reconcile: () => provisioner.reconcile(), logger }),
);

/** On the queue of first logins. */
export const firstLogins = logged(createFirstLoginsFunction((messages) => firstLoginsHandler()(messages)));

function once<Made>(make: () => Made): () => Made {
  let made: { readonly value: Made } | undefined;
  return () => (made ??= { value: make() }).value;
}
