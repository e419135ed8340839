import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { type BuiltRole, type ProvisionerFunction } from '@stepcast/policies';
import { type Construct } from 'constructs';
import { type Throttle } from './api-stage.ts';
import { type Documents } from './documents.ts';
import { lambdaCode } from './lambda-code.ts';
import { reviewedRole } from './roles.ts';

/**
 * Somebody new costs two calls of which AWS IoT takes 15 a second, and functions do not wait for one another: the API holds
 * them back instead. Half of it for each API where there are two.
 */
export const FUNCTION_THROTTLE: Throttle = { rateLimit: 6, burstLimit: 6 };
export const SHARED_FUNCTION_THROTTLE: Throttle = { rateLimit: 3, burstLimit: 3 };

export interface ProvisionerFunctionProps {
  readonly functionName: string;
  readonly role: BuiltRole;
  readonly documents: Documents;
  readonly environment: Readonly<Record<string, string>>;
  readonly description: string;
  /** Which entry of the bundle. */
  readonly entry: 'handler' | ProvisionerFunction;
  readonly timeout: Duration;
  /** Default: bundled from this repository. */
  readonly code?: lambda.Code;
}

/** The provisioner as a function, under a reviewed role and with a log group of its own. */
export function provisionerFunction(
  scope: Construct,
  id: string,
  { functionName, role, documents, environment, entry, code, ...rest }: ProvisionerFunctionProps,
): lambda.Function {
  return new lambda.Function(scope, id, {
    ...rest,
    functionName,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: `index.${entry}`,
    code: code ?? lambdaCode('provisioner'),
    role: reviewedRole(scope, `${id === 'Function' ? '' : id}Role`, role, documents),
    memorySize: 512,
    logGroup: new logs.LogGroup(scope, `${id === 'Function' ? '' : id}Logs`, {
      // The role may not make it.
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
    environment: { ...environment },
  });
}

export interface ProvisionerFunctionsProps {
  readonly documents: Documents;
  readonly environments: Readonly<
    Record<`provisioner.${ProvisionerFunction}`, Readonly<Record<string, string>>>
  >;
  /** How often attachments are compared with identities; 0: never. */
  readonly reconcileMinutes: number;
  /** Queue of CloudTrail's records, where these are taken. */
  readonly firstLogins: sqs.IQueue | undefined;
}

/**
 * The provisioner as functions, each with the rights of its one task: requests by ID token, the regular comparison on a
 * schedule, and first logins where there is a queue of them. Nothing of it runs, or costs anything, while nobody asks.
 *
 * A comparison has the 15 minutes that Lambda gives, which is enough for about 100,000 identities; the next turn goes on with
 * what is missing.
 */
export function provisionerFunctions(
  scope: Construct,
  { documents, environments, reconcileMinutes, firstLogins }: ProvisionerFunctionsProps,
): apigateway.HttpRouteIntegration {
  const { provisionerFunctions: functions } = documents.names;
  const roles = documents.built.provisionerFunctions;
  const byToken = provisionerFunction(scope, 'ByToken', {
    functionName: functions.byToken,
    role: roles.byToken,
    documents,
    environment: environments['provisioner.byToken'],
    description: 'Stepcast: attaches the IoT policy to the identity of an ID token',
    entry: 'byToken',
    timeout: Duration.seconds(20),
  });
  if (reconcileMinutes > 0) {
    const reconcile = provisionerFunction(scope, 'Reconcile', {
      functionName: functions.reconcile,
      role: roles.reconcile,
      documents,
      environment: environments['provisioner.reconcile'],
      description: 'Stepcast: compares attachments of the IoT policy with the identities of the pool',
      entry: 'reconcile',
      timeout: Duration.minutes(15),
    });
    new events.Rule(scope, 'Schedule', {
      ruleName: documents.names.rules.reconcile,
      description: 'Stepcast: when attachments are compared with identities',
      schedule: events.Schedule.rate(Duration.minutes(reconcileMinutes)),
      targets: [new LambdaFunction(reconcile)],
    });
  }
  if (firstLogins !== undefined && roles.firstLogins !== undefined)
    provisionerFunction(scope, 'FirstLogins', {
      functionName: functions.firstLogins,
      role: roles.firstLogins,
      documents,
      environment: environments['provisioner.firstLogins'],
      description: 'Stepcast: attaches the IoT policy to identities that CloudTrail names',
      entry: 'firstLogins',
      // Below the queue's visibility timeout, as Lambda demands.
      timeout: Duration.seconds(30),
    }).addEventSource(
      // Few at a time: somebody new costs two calls of which AWS IoT takes 15 a second.
      new SqsEventSource(firstLogins, { batchSize: 10, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  return new HttpLambdaIntegration('Function', byToken, {
    payloadFormatVersion: apigateway.PayloadFormatVersion.VERSION_2_0,
  });
}
