import type * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { ACCESS_LOGS_ID } from '../api-stage.ts';

/** What a deployment consists of, as far as it is watched: whatever is there, so that nothing is forgotten. */
export interface DeployedParts {
  /** By the name of the service. */
  readonly containers: ReadonlyMap<string, ecs.FargateService>;
  /** By the construct's ID. */
  readonly functions: ReadonlyMap<string, lambda.Function>;
  readonly rules: readonly events.Rule[];
  readonly apis: readonly {
    readonly name: 'provisioning' | 'signed-provisioning';
    readonly api: apigateway.HttpApi;
    readonly accessLogs: logs.LogGroup;
  }[];
}

/** Finds the parts below a construct. */
export function deployedParts(scope: Construct): DeployedParts {
  const containers = new Map<string, ecs.FargateService>();
  const functions = new Map<string, lambda.Function>();
  const rules: events.Rule[] = [];
  const apis: HttpApi[] = [];
  const accessLogs: logs.LogGroup[] = [];
  for (const child of scope.node.findAll()) {
    if (child instanceof ecs.FargateService) containers.set(child.node.scope?.node.id ?? '', child);
    else if (child instanceof lambda.Function) functions.set(idOf(child), child);
    else if (child instanceof events.Rule) rules.push(child);
    else if (child instanceof HttpApi) apis.push(child);
    else if (child instanceof logs.LogGroup && child.node.id === ACCESS_LOGS_ID) accessLogs.push(child);
  }
  return {
    containers,
    functions,
    rules,
    apis: apis.map((api) => {
      const name = api.node.id === 'SignedApi' ? 'signed-provisioning' : 'provisioning';
      const log = accessLogs.find(
        ({ node }) => (node.scope?.node.id === 'SignedProvisioner') === (name !== 'provisioning'),
      );
      if (log === undefined) throw new TypeError(`the API ${api.node.id} has no access log`);
      return { name, api, accessLogs: log };
    }),
  };
}

/** Functions that are the only ones of their construct are known by its ID. */
function idOf({ node }: lambda.Function): string {
  return node.id === 'Function' ? (node.scope?.node.id ?? '') : node.id;
}
