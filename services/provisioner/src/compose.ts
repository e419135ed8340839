import type { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import type { IoTClient } from '@aws-sdk/client-iot';
import { topicSpace } from '@stepcast/contracts';
import { createRateGate, type Clock, type Logger, type Metrics, type Timers } from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import { createCognitoIdentityDirectory } from './adapters/cognito-identity-directory.adapter.ts';
import { createCognitoTokenVerifier } from './adapters/cognito-token-verifier.adapter.ts';
import { createIotPolicyAttachments } from './adapters/iot-policy-attachments.adapter.ts';
import { registerProvisionRoutes } from './adapters/provision-http.ts';
import { createProvisionIdentity, type CachedIdentity } from './application/provision-identity.ts';
import type { ProvisionerConfig } from './config.ts';

export interface ProvisionerOptions {
  readonly config: ProvisionerConfig;
  readonly clients: { readonly iot: IoTClient; readonly cognitoIdentity: CognitoIdentityClient };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Adds its routes here. */
  readonly server: FastifyInstance;
}

/** How many users are remembered; each costs about 200 bytes. */
const CACHED_IDENTITIES = 50_000;

/** Wires the provisioner and adds its routes to a server. */
export async function composeProvisioner(options: ProvisionerOptions): Promise<void> {
  const { config, clients, clock, timers, logger, metrics, server } = options;
  const outcomes = metrics.counter('provision_total', 'Provisioning requests by outcome', ['outcome']);
  const topics = topicSpace(config.topicNamespace);
  const provision = createProvisionIdentity({
    tokens: createCognitoTokenVerifier(config),
    identities: createCognitoIdentityDirectory({
      client: clients.cognitoIdentity,
      identityPoolId: config.identityPoolId,
      provider: `cognito-idp.${config.region}.amazonaws.com/${config.userPoolId}`,
      gate: createRateGate({ capacity: 20, perSecond: 20, maxWaiting: 1_000 }, clock, timers),
    }),
    attachments: createIotPolicyAttachments({
      client: clients.iot,
      policyName: config.iotPolicyName,
      identityPoolId: config.identityPoolId,
      gate: createRateGate({ capacity: 5, perSecond: 14, maxWaiting: 1_000 }, clock, timers),
      probeResource: (identityId) =>
        `arn:aws:iot:${config.region}:${config.accountId}:topicfilter/${topics.policyPattern(identityId)}`,
      logger,
    }),
    cache: new LRUCache<string, CachedIdentity>({ max: CACHED_IDENTITIES, ttl: 3_600_000 }),
    clock,
    logger,
    outcomes,
  });
  await registerProvisionRoutes(server, {
    provision,
    allowedOrigins: config.allowedOrigins,
    logger,
    outcomes,
  });
}
