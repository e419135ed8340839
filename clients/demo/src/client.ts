import { PROVISION_PATH, userPoolProvider } from '@stepcast/contracts';
import { cognitoCredentials, createProgressClient, type ProgressClient } from '@stepcast/web';
import type { SandboxConfig } from './sandbox-config.ts';
import type { Session } from './session.ts';

/** How the page makes its clients of `@stepcast/web`. */

export type CredentialsOfPerson = ReturnType<typeof cognitoCredentials>;

/** The Identity Pool credentials of a person, for S3 and for the broker alike. */
export function credentialsOf(
  config: SandboxConfig,
  session: Session,
  storage: Storage,
): CredentialsOfPerson {
  const provider = userPoolProvider(config.region, config.userPoolId);
  const { idToken } = session;
  return cognitoCredentials({
    region: config.region,
    identityPoolId: config.identityPoolId,
    logins: idToken === undefined ? undefined : () => Promise.resolve({ [provider]: idToken }),
    endpoint: config.endpoints.cognitoIdentity,
    storage,
  });
}

/** `/sandbox.json` tells the base address, as a deployment would. */
const provisionUrl = (config: SandboxConfig) =>
  `${config.endpoints.provisioner.replace(/\/$/, '')}${PROVISION_PATH}`;

/** The client of one person. Guests need no IoT policy of their own: the role of guests is enough for AWS IoT. */
export function clientOf(
  config: SandboxConfig,
  session: Session,
  credentials: CredentialsOfPerson,
  storage: Storage,
): ProgressClient {
  const { idToken } = session;
  return createProgressClient({
    region: config.region,
    endpoint: config.endpoints.mqttWss,
    credentials,
    provisioning:
      idToken === undefined
        ? undefined
        : { url: provisionUrl(config), idToken: () => Promise.resolve(idToken) },
    topicNamespace: config.topicNamespace,
    storage,
    s3: { endpoint: config.endpoints.s3, keyTemplate: config.keyTemplate.template },
  });
}

/** How long the broker may take to say no; a refusal takes two attempts. */
const REFUSAL_TIMEOUT_MS = 20_000;

/**
 * Tries, with one person's credentials, to connect as another identity, to read that one's progress. Resolves to what the
 * broker did; `unclear` when it neither let in nor refused in time.
 */
export function tryToReadAs(
  config: SandboxConfig,
  credentials: CredentialsOfPerson,
  otherIdentityId: string,
): Promise<'refused' | 'allowed' | 'unclear'> {
  const { promise, resolve } = Promise.withResolvers<'refused' | 'allowed' | 'unclear'>();
  const client = createProgressClient({
    region: config.region,
    endpoint: config.endpoints.mqttWss,
    credentials: { credentials, identityId: otherIdentityId },
    topicNamespace: config.topicNamespace,
  });
  client.on('connection', ({ status }) => {
    if (status === 'live') resolve('allowed');
    if (status === 'failed') resolve('refused');
  });
  const timer = window.setTimeout(() => resolve('unclear'), REFUSAL_TIMEOUT_MS);
  client.connect();
  return promise.finally(() => {
    window.clearTimeout(timer);
    void client.close();
  });
}
