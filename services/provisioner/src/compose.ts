import type { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import type { IoTClient } from '@aws-sdk/client-iot';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { IdentityId } from '@stepcast/contracts';
import {
  createHttpServer,
  createLru,
  createRateGate,
  type Clock,
  type CounterMetric,
  type HealthChecks,
  type Logger,
  type Metrics,
  type RateGate,
  type Timers,
} from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import { createCallHealth, observedGate } from './adapters/call-health.ts';
import { createCognitoIdentityCensus } from './adapters/cognito-identity-census.adapter.ts';
import { createCognitoIdentityDirectory } from './adapters/cognito-identity-directory.adapter.ts';
import { createCognitoPoolRoles } from './adapters/cognito-pool-roles.adapter.ts';
import { createCognitoTokenVerifier } from './adapters/cognito-token-verifier.adapter.ts';
import { createIotPolicyAttachments } from './adapters/iot-policy-attachments.adapter.ts';
import { PACE, RECHECK_PACE } from './adapters/pacing.ts';
import { createSfnWorkflowDefinitions } from './adapters/sfn-workflow-definitions.adapter.ts';
import { probeCognito, probeIot } from './adapters/probes.ts';
import { refuseLongToken, registerProvisionRoutes } from './adapters/provision-http.ts';
import { createIdentityAttacher, type AttachedIdentity } from './application/attach-identity.ts';
import { createDeprovisionIdentity } from './application/deprovision-identity.ts';
import { createExtendPoolRoles } from './application/extend-pool-roles.ts';
import { createFirstLogins } from './application/first-logins.ts';
import { createGuestAccess } from './application/guest-access.ts';
import { createProvisionCaller } from './application/provision-caller.ts';
import { createProvisionIdentity } from './application/provision-identity.ts';
import { createRecheckLimits } from './application/recheck-limits.ts';
import { createReconcileAttachments } from './application/reconcile-attachments.ts';
import { createWorkflowOutlines } from './application/workflow-outlines.ts';
import { loginProviderOf, type ProvisionerConfig } from './config.ts';
import type { Connections } from './ports/connections.port.ts';

/** What everything of the provisioner is made of. */
export interface ProvisionerParts {
  readonly config: ProvisionerConfig;
  readonly clients: {
    readonly iot: IoTClient;
    readonly cognitoIdentity: CognitoIdentityClient;
    /** For the outlines of workflows that are shown. */
    readonly sfn: SFNClient;
  };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface ProvisionerOptions extends ProvisionerParts {
  /** Adds its routes here. */
  readonly server: FastifyInstance;
}

/** What each memory of users may take: some 50,000 of them. */
const REMEMBERED_BYTES = 16 * 1024 * 1024;
/** An estimate of what a user takes beside the key. */
const USER_BYTES = 250;
/**
 * For how long. A policy that is detached by hand goes unnoticed until then, unless a client says that the broker refused.
 */
const REMEMBERED_MS = 900_000;
/** For so long keys that were fetched count as fresh. Older ones still verify tokens. */
const KEYS_GOOD_FOR_MS = 3_600_000;

/** Every use case of the provisioner on AWS. */
export type Provisioner = ReturnType<typeof createProvisioner>;

/** Wires the use cases; opens nothing. */
export function createProvisioner(parts: ProvisionerParts) {
  const { config, clients, clock, timers, logger, metrics } = parts;
  const { region, identityPoolId } = config;
  const provider = loginProviderOf(config);
  const outcomes: CounterMetric = metrics.counter('provision_total', 'Provisioning by outcome', ['outcome']);
  const gate = (pace: (typeof PACE)[keyof typeof PACE]): RateGate => createRateGate(pace, clock, timers);
  const policies = gate(PACE.iotPolicies);
  const pools = gate(PACE.poolRoles);
  const iotHealth = createCallHealth({
    probe: () => probeIot({ client: clients.iot, policyName: config.iotPolicyName, gate: policies }),
    clock,
  });
  const cognitoHealth = createCallHealth({
    probe: () => probeCognito({ client: clients.cognitoIdentity, identityPoolId, gate: pools }),
    clock,
  });
  const keysHealth = createCallHealth({
    probe: () => tokens.refreshKeys(),
    clock,
    goodForMs: KEYS_GOOD_FOR_MS,
    outlivesFailures: true,
  });
  const tokens = createCognitoTokenVerifier({ ...config, provider, observeFetch: keysHealth.observe });

  const attachments = createIotPolicyAttachments({
    client: clients.iot,
    policyName: config.iotPolicyName,
    identityPoolId,
    region,
    accountId: config.accountId,
    topicNamespace: config.topicNamespace,
    gates: {
      attachments: observedGate(gate(PACE.iotAttachments), iotHealth),
      targets: observedGate(gate(PACE.iotTargets), iotHealth),
      test: gate(PACE.iotTest),
    },
    logger,
  });
  const census = createCognitoIdentityCensus({
    client: clients.cognitoIdentity,
    identityPoolId,
    gate: observedGate(gate(PACE.census), cognitoHealth),
  });
  const poolRoles = createCognitoPoolRoles({
    client: clients.cognitoIdentity,
    identityPoolId,
    gate: observedGate(pools, cognitoHealth),
  });
  const remembered = {
    maxBytes: REMEMBERED_BYTES,
    bytesOf: (_value: unknown, key: string) => USER_BYTES + key.length,
    maxAge: { ms: REMEMBERED_MS, clock },
  };
  const attacher = createIdentityAttacher({
    attachments,
    cache: createLru<IdentityId, AttachedIdentity>(remembered),
    rechecks: createRecheckLimits({ ...RECHECK_PACE, clock }),
    clock,
    logger,
    outcomes,
  });
  const guestAccess = createGuestAccess({ settings: poolRoles, guestUploads: config.guestUploads, clock });

  const withWorkflows = createWorkflowOutlines({
    definitions: createSfnWorkflowDefinitions({ client: clients.sfn, region, accountId: config.accountId }),
    names: config.shownWorkflows,
    clock,
    timers,
    logger,
  });
  const provision = createProvisionIdentity({
    tokens,
    identities: createCognitoIdentityDirectory({
      client: clients.cognitoIdentity,
      identityPoolId,
      provider,
      gate: observedGate(gate(PACE.getId), cognitoHealth),
    }),
    attacher,
    cache: createLru<string, IdentityId>(remembered),
  });
  const provisionCaller = createProvisionCaller({ attacher, identityPoolId, guestAccess });

  return {
    outcomes,
    guestAccess,
    /** Readiness by what the provisioner depends on, by name. */
    dependencies: { iot: iotHealth.check, cognito: cognitoHealth.check, jwks: keysHealth.check },
    /** By ID token. */
    provision: async (...request: Parameters<typeof provision>) => withWorkflows(await provision(...request)),
    /** By a request that was signed with credentials of the pool. */
    provisionCaller: async (...request: Parameters<typeof provisionCaller>) =>
      withWorkflows(await provisionCaller(...request)),
    /** By CloudTrail's word, confirmed by Cognito. */
    firstLogin: createFirstLogins({
      attacher,
      census,
      seen: createLru<IdentityId, true>(remembered),
      outcomes,
    }),
    reconcile: createReconcileAttachments({ attachments, census, region, logger, outcomes }),
    deprovision: (connections: Connections) =>
      createDeprovisionIdentity({ attachments, connections, logger, outcomes }),
    extendPoolRoles: createExtendPoolRoles({ store: poolRoles, timers, random: Math.random, logger }),
  };
}

/** Wires the provisioner and adds its routes to a server. */
export async function composeProvisioner(options: ProvisionerOptions): Promise<Provisioner> {
  const provisioner = createProvisioner(options);
  await addRoutes(provisioner, options);
  return provisioner;
}

/**
 * Wires the provisioner behind an HTTP server of its own, which listens nowhere yet.
 * @param parts.health gets the checks of IoT, Cognito and the keys, and is what `/livez` and `/readyz` answer from
 */
export async function composeProvisionerServer(
  parts: ProvisionerParts & { readonly health: HealthChecks },
): Promise<{ readonly server: FastifyInstance; readonly provisioner: Provisioner }> {
  const { logger, metrics, health } = parts;
  const provisioner = createProvisioner(parts);
  for (const [name, check] of Object.entries(provisioner.dependencies)) health.addCheck(name, check);
  const server = createHttpServer({
    checks: health,
    metrics,
    headersTooLarge: () => refuseLongToken({ logger, outcomes: provisioner.outcomes }),
  });
  await addRoutes(provisioner, { ...parts, server });
  return { server, provisioner };
}

function addRoutes(
  { provision, guestAccess, outcomes }: Provisioner,
  { server, config, logger }: Pick<ProvisionerOptions, 'server' | 'config' | 'logger'>,
): Promise<void> {
  const { allowedOrigins } = config;
  return registerProvisionRoutes(server, { provision, guestAccess, allowedOrigins, logger, outcomes });
}
