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
  /** Last part of the name of the log group. */
  readonly logs: string;
  readonly throttle: Throttle;
}

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
export function apiStage(scope: Construct, { api, stageName, throttle, logs: name }: ApiStageProps): void {
  const accessLogs = new logs.LogGroup(scope, 'AccessLogs', {
    logGroupName: `/aws/vendedlogs/stepcast/${name}`,
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
