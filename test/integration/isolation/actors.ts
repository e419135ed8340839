import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import { IoTClient } from '@aws-sdk/client-iot';
import { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { KinesisVideoSignalingClient } from '@aws-sdk/client-kinesis-video-signaling';
import { S3Client } from '@aws-sdk/client-s3';
import { IdentityId } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { connectSignaling, type SignalingHands } from './signaling.ts';
import type { Actor } from './table.ts';
import { presign, signIn, type Keys } from '../../support/person.ts';

/** An actor with stock clients under its own keys. */
export interface LiveActor extends Actor, SignalingHands {
  readonly keys: Keys;
  readonly s3: S3Client;
  readonly iot: IoTClient;
  connect(clientId: string, options?: Partial<IClientOptions>): Promise<MqttClient>;
}

function liveActor(sandbox: Sandbox, actor: Actor, keys: Keys): LiveActor {
  const { region, endpoints } = sandbox.info;
  // A refusal is what is asked for, and is not tried again. What is: a connection that was closed as the request went out.
  const options = { region, credentials: keys, maxAttempts: 3 };
  return {
    ...actor,
    keys,
    s3: new S3Client({ ...options, endpoint: endpoints.s3, forcePathStyle: true }),
    iot: new IoTClient({ ...options, endpoint: endpoints.iot }),
    connect: (clientId, more) => connectWith(sandbox, keys, clientId, more),
    ...signalingHands(sandbox, keys, options),
  };
}

function signalingHands(
  { info: { region, endpoints } }: Sandbox,
  keys: Keys,
  options: { readonly region: string; readonly credentials: Omit<Keys, 'sessionToken'> },
): SignalingHands {
  const endpoint = endpoints.kinesisVideo;
  return {
    kinesisVideo: new KinesisVideoClient({ ...options, endpoint }),
    signaling: new KinesisVideoSignalingClient({ ...options, endpoint }),
    connectTo: (channelArn, clientId) => connectSignaling(endpoint, region, keys, channelArn, clientId),
  };
}

async function connectWith(
  sandbox: Sandbox,
  keys: Keys,
  clientId: string,
  options: Partial<IClientOptions> = {},
): Promise<MqttClient> {
  const url = await presign(sandbox.info.endpoints.mqttWss, sandbox.info.region, keys);
  return connectAsync(
    // Keys of the operator have no session token, and IoT Core takes no empty one.
    url.replace(/&X-Amz-Security-Token=$/, ''),
    { clientId, protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 60_000, ...options },
    false,
  );
}

/** In which group the sandbox's users are. */
const SIGNALING: Readonly<Record<string, Actor['signalingPart']>> = { alice: 'speaker', bob: 'listener' };

/** One of the sandbox's users. Not provisioned: without the IoT policy nothing of MQTT is allowed. */
export async function signedInActor(
  sandbox: Sandbox,
  name: string,
): Promise<LiveActor & { provision(): Promise<number> }> {
  const person = await signIn(sandbox.info, name);
  const actor = {
    name,
    identityId: IdentityId.parse(person.identityId),
    authenticated: true,
    signalingPart: SIGNALING[name] ?? 'none',
  };
  return {
    ...liveActor(sandbox, actor, person.keys),
    provision: async () => (await person.provision()).status,
  };
}

export async function guestActor(sandbox: Sandbox, name: string): Promise<LiveActor> {
  const { region, endpoints, identityPoolId } = sandbox.info;
  const cognito = new CognitoIdentityClient({ region, endpoint: endpoints.cognitoIdentity });
  const { IdentityId: identityId } = await cognito.send(new GetIdCommand({ IdentityPoolId: identityPoolId }));
  const { Credentials } = await cognito.send(
    new GetCredentialsForIdentityCommand({ IdentityId: identityId }),
  );
  cognito.destroy();
  return liveActor(
    sandbox,
    { name, identityId: IdentityId.parse(identityId), authenticated: false, signalingPart: 'none' },
    {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    },
  );
}

/** The operator: seeds what others try to take, publishes what others try to hear, and sees everything. */
export function operator(sandbox: Sandbox) {
  const { accessKeyId, secretAccessKey } = sandbox.access.root;
  const { region, endpoints } = sandbox.info;
  const credentials = { accessKeyId, secretAccessKey };
  return {
    s3: new S3Client({ region, endpoint: endpoints.s3, forcePathStyle: true, credentials }),
    iot: new IoTClient({ region, endpoint: endpoints.iot, credentials }),
    connect: (clientId: string) => connectWith(sandbox, { ...credentials, sessionToken: '' }, clientId),
    ...signalingHands(sandbox, { ...credentials, sessionToken: '' }, { region, credentials }),
  };
}
export type Operator = ReturnType<typeof operator>;
