import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { S3Client } from '@aws-sdk/client-s3';
import { userPoolProvider } from '@stepcast/contracts';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

/** As much of `/sandbox.json` as a stock client needs. */
export interface SandboxAddresses {
  readonly region: string;
  readonly identityPoolId: string;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly users: readonly { readonly username: string; readonly password: string }[];
  readonly bucket: string;
  readonly topicNamespace: string;
  readonly endpoints: {
    readonly cognitoIdp: string;
    readonly cognitoIdentity: string;
    readonly s3: string;
    readonly mqttWss: string;
    readonly provisioner: string;
  };
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Somebody signed in with stock AWS SDK clients, nothing of ours. */
export interface Person {
  readonly idToken: string;
  readonly identityId: string;
  readonly keys: Keys;
  readonly s3: S3Client;
  provision(): Promise<{ readonly status: number; readonly body: unknown }>;
  /** MQTT over a presigned WebSocket. @param session the suffix of the client ID */
  connect(
    session: string,
    options?: Partial<IClientOptions> & { readonly clientId?: string },
  ): Promise<MqttClient>;
}

/** Signs in one of the sandbox's users. */
export async function signIn(sandbox: SandboxAddresses, username: string): Promise<Person> {
  const { region, endpoints } = sandbox;
  const password = sandbox.users.find((user) => user.username === username)?.password ?? '';
  const userPool = new CognitoIdentityProviderClient({ region, endpoint: endpoints.cognitoIdp });
  const { AuthenticationResult } = await userPool.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: sandbox.userPoolClientId,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
  const idToken = AuthenticationResult?.IdToken ?? '';
  const identities = new CognitoIdentityClient({ region, endpoint: endpoints.cognitoIdentity });
  const Logins = { [userPoolProvider(region, sandbox.userPoolId)]: idToken };
  const { IdentityId = '' } = await identities.send(
    new GetIdCommand({ IdentityPoolId: sandbox.identityPoolId, Logins }),
  );
  const { Credentials } = await identities.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }));
  const keys = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  return {
    idToken,
    identityId: IdentityId,
    keys,
    s3: new S3Client({ region, endpoint: endpoints.s3, forcePathStyle: true, credentials: keys }),
    async provision() {
      const response = await fetch(`${endpoints.provisioner}/v1/provision`, {
        method: 'POST',
        headers: { authorization: `Bearer ${idToken}` },
      });
      return { status: response.status, body: await response.json() };
    },
    async connect(session, options = {}) {
      const url = await presign(endpoints.mqttWss, region, keys);
      return connectAsync(
        url,
        {
          clientId: `${IdentityId}-${session}`,
          protocolVersion: 5,
          reconnectPeriod: 0,
          connectTimeout: 5_000,
          ...options,
        },
        // Without this a refused upgrade would hang.
        false,
      );
    },
  };
}

/** The presigned URL of IoT Core: the session token is appended after signing. */
export async function presign(mqttUrl: string, region: string, keys: Keys): Promise<string> {
  const { hostname, port, pathname, protocol } = new URL(mqttUrl);
  const signer = new SignatureV4({
    service: 'iotdevicegateway',
    region,
    sha256: Sha256,
    credentials: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
  });
  const signed = await signer.presign(
    new HttpRequest({ method: 'GET', protocol, hostname, path: pathname, headers: { host: hostname } }),
    { expiresIn: 300 },
  );
  const query = new URLSearchParams(
    Object.entries(signed.query ?? {}).map(([name, value]) => [name, String(value)]),
  );
  return `${protocol}//${hostname}:${port}${pathname}?${query.toString()}&X-Amz-Security-Token=${encodeURIComponent(keys.sessionToken)}`;
}
