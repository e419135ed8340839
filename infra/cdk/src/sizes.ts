import type * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { type Construct } from 'constructs';
import { type Throttle } from './api-stage.ts';
import { type Containers, type Network } from './containers.ts';
import { type Documents } from './documents.ts';
import { type environmentsOf } from './environment.ts';
import { CONTAINER_THROTTLE, provisionerContainer } from './provisioner-container.ts';
import {
  FUNCTION_THROTTLE,
  provisionerFunctions,
  SHARED_FUNCTION_THROTTLE,
} from './provisioner-functions.ts';
import { scaleByAge } from './queue-scaling.ts';
import { type Queues } from './queues.ts';
import { type Copies } from './size.ts';

/** Of correlator, publisher and provisioner, where these run apart. */
export interface AllCopies {
  readonly correlator: Copies;
  readonly publisher: Copies;
  readonly provisioner: number;
}

/** Two of each for the case that one fails. */
export const DEFAULT_COPIES: AllCopies = {
  correlator: { min: 2, max: 6 },
  publisher: { min: 2, max: 4 },
  provisioner: 1,
};

export interface SizeProps {
  readonly containers: Containers;
  readonly network: Network;
  readonly documents: Documents;
  readonly environments: ReturnType<typeof environmentsOf>;
  readonly queues: Queues;
  readonly reconcileMinutes: number;
  readonly signedProvisioning: boolean;
}

/** What a size runs, as far as the API of the provisioner has to know. */
export interface Deployed {
  readonly answeredBy: (scope: Construct) => apigateway.HttpRouteIntegration;
  readonly throttle: Throttle;
  readonly signedThrottle: Throttle;
}

/**
 * One engine: a quarter of a processor and 1 GiB, of which its caches, each with a bound in bytes, take a part. Two would write
 * into the same streams, so there is never a second one but during a deployment.
 */
export function deploySmall({ containers, documents, environments, ...props }: SizeProps): Deployed {
  containers.service('engine', {
    cpu: 256,
    memoryMiB: 1_024,
    copies: 1,
    environment: environments.engine,
  });
  const { reconcileMinutes, signedProvisioning } = props;
  const throttle = signedProvisioning ? SHARED_FUNCTION_THROTTLE : FUNCTION_THROTTLE;
  return {
    answeredBy: (scope) =>
      provisionerFunctions(scope, {
        documents,
        environments,
        reconcileMinutes,
        firstLogins: props.queues.firstLogins,
      }),
    throttle,
    signedThrottle: throttle,
  };
}

/** Correlator and publisher, each scaled by the queue that it reads first of all, and the provisioner as a container. */
export function deployLarge(
  { containers, network, documents, environments, queues }: SizeProps,
  copies: AllCopies,
): Deployed {
  const { events, progress } = queues;
  if (progress === undefined) throw new TypeError('there is no queue between correlator and publisher');
  for (const [name, queue] of [
    ['correlator', events],
    ['publisher', progress],
  ] as const) {
    const wanted = copies[name];
    const service = containers.service(name, {
      cpu: 512,
      memoryMiB: 1_024,
      copies: typeof wanted === 'number' ? wanted : undefined,
      environment: environments[name],
    });
    if (typeof wanted !== 'number') scaleByAge(service, { queue, ...wanted });
  }
  return {
    answeredBy: (scope) =>
      provisionerContainer(scope, {
        containers,
        network,
        copies: copies.provisioner,
        names: documents.names,
        environment: environments.provisioner,
      }),
    throttle: CONTAINER_THROTTLE,
    signedThrottle: FUNCTION_THROTTLE,
  };
}
