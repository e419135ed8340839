import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';

/** Requests that an API takes, from everybody together. */
export interface Throttle {
  /** A second. */
  readonly rateLimit: number;
  /** At once. */
  readonly burstLimit: number;
}

export interface ApiStageProps {
  readonly api: apigateway.HttpApi;
  readonly stageName: string;
  /** Log group of its requests. */
  readonly logGroupName: string;
  readonly throttle: Throttle;
}

/** ID of the log group of a stage, beside it. */
export const ACCESS_LOGS_ID = 'AccessLogs';

/**
 * What is logged of a request: neither who made it, from where, nor anything that it brought. Source: API Gateway developer
 * guide "Customize HTTP API access logs".
 */
const LOGGED = {
  requestId: '$context.requestId',
  requestTimeEpoch: '$context.requestTimeEpoch',
  routeKey: '$context.routeKey',
  status: '$context.status',
  refusedAs: '$context.error.responseType',
  integrationStatus: '$context.integration.status',
  responseLatency: '$context.responseLatency',
};

/** A stage of an HTTP API, throttled and logged. */
export function apiStage(scope: Construct, { api, stageName, throttle, logGroupName }: ApiStageProps): void {
  const accessLogs = new logs.LogGroup(scope, ACCESS_LOGS_ID, {
    logGroupName,
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new apigateway.HttpStage(scope, 'Stage', {
    httpApi: api,
    stageName,
    autoDeploy: true,
    throttle,
    accessLogSettings: {
      destination: new apigateway.LogGroupLogDestination(accessLogs),
      format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
    },
  });
}
