import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { IoTClient } from '@aws-sdk/client-iot';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseJson } from '@stepcast/contracts';
import { awsClientDefaults } from '@stepcast/kit';
import type * as z from 'zod';

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '111122223333';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An emulator, and somebody's keys to it. */
export interface Place {
  readonly endpoint: string;
  readonly keys: Keys;
}

/** MiniStack takes twelve digits for the key of that account's root. */
export const ROOT: Keys = { accessKeyId: ACCOUNT_ID, secretAccessKey: 'root' };

/** AWS itself, under the usual chain of credentials, or an emulator. */
export interface ClientPlace {
  readonly region: string;
  readonly emulator?: Place | undefined;
}

/** Clients of the services that the tests speak to. */
export function clientsOf({ region, emulator }: ClientPlace) {
  const config = {
    ...awsClientDefaults({ requestTimeoutMs: 60_000 }),
    region,
    ...(emulator === undefined ? {} : { endpoint: emulator.endpoint, credentials: { ...emulator.keys } }),
  };
  return {
    stacks: new CloudFormationClient(config),
    logs: new CloudWatchLogsClient(config),
    identities: new CognitoIdentityClient(config),
    userPools: new CognitoIdentityProviderClient(config),
    dynamodb: new DynamoDBClient(config),
    iam: new IAMClient(config),
    iot: new IoTClient(config),
    s3: new S3Client({ ...config, forcePathStyle: emulator !== undefined }),
    sfn: new SFNClient(config),
    sqs: new SQSClient(config),
  };
}
export type Clients = ReturnType<typeof clientsOf>;

export interface RawCall {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  /** Default {@link REGION}. */
  readonly region?: string;
  /** Of the JSON protocol. */
  readonly target?: string;
  readonly body?: unknown;
}

/**
 * A signed request to a service whose client is in no package here.
 * @throws Error with the answer, when it is a refusal or of another shape
 */
export async function call<S extends z.core.$ZodType>(
  { endpoint, keys }: Place,
  { service, region = REGION, method = 'POST', path = '/', target, body }: RawCall,
  reply: S,
): Promise<z.output<S>> {
  const { hostname, port, protocol } = new URL(endpoint);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const signer = new SignatureV4({ service, region, sha256: Sha256, credentials: { ...keys } });
  const signed = await signer.sign(
    new HttpRequest({
      method,
      protocol,
      hostname,
      port: Number(port),
      path,
      headers: {
        host: `${hostname}:${port}`,
        'content-type': target === undefined ? 'application/json' : 'application/x-amz-json-1.1',
        ...(target === undefined ? {} : { 'x-amz-target': target }),
      },
      ...(text === undefined ? {} : { body: text }),
    }),
  );
  const { host: _host, ...headers } = signed.headers;
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers,
    signal: AbortSignal.timeout(60_000),
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  const parsed = parseJson(reply, answer);
  if (response.ok && parsed.ok) return parsed.value;
  throw new Error(`${service} ${target ?? path} answered ${response.status}: ${answer.slice(0, 500)}`);
}
