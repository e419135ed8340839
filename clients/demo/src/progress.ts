import { PROVISION_PATH, type Overview, type UploadState, userPoolProvider } from '@stepcast/contracts';
import { cognitoCredentials, createProgressClient, type ConnectionState } from '@stepcast/web';
import type { SandboxConfig } from './sandbox-config.ts';
import type { Session } from './session.ts';

/** Everything that the page takes from `@stepcast/web` is here. */

export type CredentialsOfPerson = ReturnType<typeof cognitoCredentials>;

/** The Identity Pool credentials of a person, for S3 and for the broker alike. */
export function credentialsOf(config: SandboxConfig, session: Session): CredentialsOfPerson {
  const provider = userPoolProvider(config.region, config.userPoolId);
  return cognitoCredentials({
    region: config.region,
    identityPoolId: config.identityPoolId,
    logins: () => Promise.resolve({ [provider]: session.idToken }),
    endpoint: config.endpoints.cognitoIdentity,
  });
}

export interface ProgressFeed {
  /** Follows one upload; returns what ends that. */
  follow(
    address: { readonly bucket: string; readonly key: string },
    onState: (state: UploadState) => void,
  ): () => void;
  close(): void;
}

/** `/sandbox.json` tells the base address, as a deployment would. */
const provisionUrl = (config: SandboxConfig) =>
  `${config.endpoints.provisioner.replace(/\/$/, '')}${PROVISION_PATH}`;

/** Opens the live progress of a person. */
export function openProgressFeed(parts: {
  readonly config: SandboxConfig;
  readonly session: Session;
  readonly credentials: CredentialsOfPerson;
  readonly storage: Storage;
  readonly onConnection: (state: ConnectionState) => void;
  readonly onOverview: (overview: Overview) => void;
}): ProgressFeed {
  const { config, session } = parts;
  const client = createProgressClient({
    region: config.region,
    endpoint: config.endpoints.mqttWss,
    credentials: parts.credentials,
    provisioning: { url: provisionUrl(config), idToken: () => Promise.resolve(session.idToken) },
    topicNamespace: config.topicNamespace,
    storage: parts.storage,
  });
  client.on('connection', parts.onConnection);
  client.on('overview', parts.onOverview);
  client.connect();
  return {
    follow(address, onState) {
      const watch = client.watch(address);
      if (watch.state !== undefined) onState(watch.state);
      const stops = (['state', 'complete', 'reopened'] as const).map((name) => watch.on(name, onState));
      return () => {
        for (const stop of stops) stop();
        watch.close();
      };
    },
    close: () => void client.close(),
  };
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
