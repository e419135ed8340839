import { ENV, IOT_POLICY_NAME, DEFAULT_TOPIC_NAMESPACE } from '@stepcast/contracts';
import { commonConfig, readConfig, type Environment } from '@stepcast/kit';
import * as z from 'zod';

const ProvisionerConfig = z.object({
  ...commonConfig,
  region: z.string().min(1),
  accountId: z.string().regex(/^\d{12}$/, 'not an account ID (12 digits)'),
  identityPoolId: z.string().regex(/^[\w-]+:[0-9a-f-]+$/, 'not an identity pool ID (region:guid)'),
  userPoolId: z.string().regex(/^[\w-]+_[0-9a-zA-Z]+$/, 'not a user pool ID (region_id)'),
  userPoolClientId: z.string().min(1),
  jwksUrl: z.url().optional(),
  iotPolicyName: z.string().min(1).default(IOT_POLICY_NAME),
  topicNamespace: z.string().default(DEFAULT_TOPIC_NAMESPACE),
  /** Comma-separated; `*` for any. */
  allowedOrigins: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .default([]),
});
export type ProvisionerConfig = z.infer<typeof ProvisionerConfig>;

/** @throws ConfigError naming every variable that is missing or wrong */
export function readProvisionerConfig(environment: Environment): ProvisionerConfig {
  return readConfig(
    ProvisionerConfig,
    {
      logLevel: ENV.logLevel,
      host: ENV.host,
      port: ENV.port,
      region: 'AWS_REGION',
      accountId: ENV.accountId,
      identityPoolId: ENV.identityPoolId,
      userPoolId: ENV.userPoolId,
      userPoolClientId: ENV.userPoolClientId,
      jwksUrl: ENV.jwksUrl,
      iotPolicyName: ENV.iotPolicyName,
      topicNamespace: ENV.topicNamespace,
      allowedOrigins: ENV.allowedOrigins,
    },
    environment,
  );
}

/** The environment of this process. */
export const processEnvironment: Environment = process.env;
