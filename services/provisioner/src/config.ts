import { DEFAULT_TOPIC_NAMESPACE, regionOfId, userPoolProvider } from '@stepcast/contracts';
import { ENV, IOT_POLICY_NAME } from '@stepcast/wire';
import { collectorConfig, commonConfig, metricsConfig, readConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';

const ProvisionerConfig = z
  .object({
    ...commonConfig,
    ...metricsConfig,
    ...collectorConfig,
    /** AWS region of the pools and of IoT. */
    region: z.string().min(1),
    accountId: z.string().regex(/^\d{12}$/, 'not an account ID (12 digits)'),
    identityPoolId: z.string().regex(/^[\w-]+:[0-9a-f-]+$/, 'not an identity pool ID (region:guid)'),
    userPoolId: z
      .string()
      .regex(/^[\w-]+_[0-9a-zA-Z]+$/, 'not a user pool ID (region_id)')
      .refine((id) => regionOfId(id) !== undefined, 'not a user pool ID (region_id)'),
    userPoolClientId: z.string().min(1),
    jwksUrl: z.url().optional(),
    iotPolicyName: z.string().min(1).default(IOT_POLICY_NAME),
    topicNamespace: z.string().default(DEFAULT_TOPIC_NAMESPACE),
    /** Comma-separated; `*` for any. */
    allowedOrigins: z
      .string()
      .transform((list) => list.split(',').map((origin) => origin.trim()))
      .default([]),
    /** Whether the guest role lets guests upload: as the infrastructure is configured, so that guests learn it. */
    guestUploads: z.stringbool().default(false),
    /** Names of the state machines whose outline people may see, comma-separated; empty: of none. */
    shownWorkflows: z
      .string()
      .transform((list) =>
        list
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      )
      .default([]),
    /** CloudTrail's records of logins; without it there is only the way by HTTP. Needs the dead-letter queue. */
    firstLoginsQueueUrl: z.url().optional(),
    deadLetterQueueUrl: z.url().optional(),
    /** 0: never by itself. */
    reconcileMinutes: z.coerce.number().int().min(0).max(10_080).default(0),
  })
  .refine(
    ({ firstLoginsQueueUrl, deadLetterQueueUrl }) =>
      firstLoginsQueueUrl === undefined || deadLetterQueueUrl !== undefined,
    {
      path: ['deadLetterQueueUrl'],
      message: 'needed where logins are taken from a queue',
      // Said together with whatever else is wrong, not after it is repaired.
      when: () => true,
    },
  );
export type ProvisionerConfig = z.infer<typeof ProvisionerConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readProvisionerConfig(environment: Environment): ProvisionerConfig {
  return readConfig(
    ProvisionerConfig,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      metrics: ENV.metrics,
      deployment: ENV.deployment,
      otlpEndpoint: ENV.otlpEndpoint,
      region: 'AWS_REGION',
      accountId: ENV.accountId,
      identityPoolId: ENV.identityPoolId,
      userPoolId: ENV.userPoolId,
      userPoolClientId: ENV.userPoolClientId,
      jwksUrl: ENV.jwksUrl,
      iotPolicyName: ENV.iotPolicyName,
      topicNamespace: ENV.topicNamespace,
      allowedOrigins: ENV.allowedOrigins,
      guestUploads: ENV.guestUploads,
      shownWorkflows: ENV.shownWorkflows,
      firstLoginsQueueUrl: ENV.firstLoginsQueueUrl,
      deadLetterQueueUrl: ENV.deadLetterQueueUrl,
      reconcileMinutes: ENV.reconcileMinutes,
    },
    environment,
  );
}

/** The user pool as a login provider; its ID names its region, which need not be that of the identity pool. */
export function loginProviderOf({
  userPoolId,
  region,
}: Pick<ProvisionerConfig, 'userPoolId' | 'region'>): string {
  return userPoolProvider(regionOfId(userPoolId) ?? region, userPoolId);
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
