import { randomUUID } from 'node:crypto';
import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientDefaults, createMetrics, createSqsSender, systemClock, type Logger } from '@stepcast/kit';
import type { Context } from 'aws-lambda';
import { createForwarder } from './compose.ts';
import { forwarderConfigFromEnvironment } from './config.ts';
import { createLambdaHandler, type LambdaResult } from './lambda-handler.ts';

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

const config = forwarderConfigFromEnvironment();
const powertools = new PowertoolsLogger({
  serviceName: 'forwarder',
  // The most severe level has another name there.
  logLevel: config.logLevel === 'fatal' ? 'critical' : config.logLevel,
});
const client = new SQSClient(awsClientDefaults());
const forwarder = createForwarder({
  sender: createSqsSender({ client, queueUrl: config.eventsQueueUrl }),
  deadLetters: createSqsSender({ client, queueUrl: config.deadLetterQueueUrl }),
  logger: toLogger(powertools),
  metrics: createMetrics('stepcast_forwarder_'),
  clock: systemClock,
  ids: randomUUID,
  projections: config.projections,
  reportToken: config.reportToken,
});
const handle = createLambdaHandler({ forwarder, logger: toLogger(powertools) });

/**
 * AWS Lambda's entry. On the log group's subscription filter it takes one payload an invoke and fails as a whole, so
 * that CloudWatch Logs delivers again; on a Kinesis stream it answers which records failed.
 */
export async function handler(event: unknown, context: Context): Promise<LambdaResult> {
  powertools.addContext(context);
  return handle(event);
}
