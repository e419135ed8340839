/** Signs in, uploads a photo and prints every message about it: node follow.ts <photo> [user] [password] [sandbox] */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { connectAsync } from 'mqtt';
import * as z from 'zod';

const [
  photo = '',
  USERNAME = 'alice',
  PASSWORD = 'Alice-in-the-sandbox-1',
  sandbox = 'http://127.0.0.1:4200',
] = process.argv.slice(2);
const Place = z.looseObject({ endpoints: z.record(z.string(), z.string()) }).catchall(z.unknown());
const Names = z.record(z.string(), z.string());
if (photo === '') fail('Name a photo: node clients/examples/typescript/follow.ts photo.jpg');
const body = await readFile(photo).catch(() => fail(`${photo} cannot be read.`));
const place = Place.parse(await answerOf(`${sandbox}/sandbox.json`));
const strings = Object.entries(place).filter(([, value]) => typeof value === 'string');
const {
  region = '',
  userPoolId,
  userPoolClientId,
  identityPoolId,
  bucket,
  topicNamespace,
} = Names.parse(Object.fromEntries(strings));
const { cognitoIdp, cognitoIdentity, provisioner, s3, mqttWss = '' } = place.endpoints;

// Sign in: an ID token of the user pool, an identity of the identity pool, and its credentials.
const signedIn = await new CognitoIdentityProviderClient({ region, endpoint: cognitoIdp }).send(
  new InitiateAuthCommand({
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: userPoolClientId,
    AuthParameters: { USERNAME, PASSWORD },
  }),
);
const idToken = signedIn.AuthenticationResult?.IdToken ?? '';
const Logins = { [`cognito-idp.${region}.amazonaws.com/${userPoolId}`]: idToken };
const identities = new CognitoIdentityClient({ region, endpoint: cognitoIdentity });
const { IdentityId = '' } = await identities.send(
  new GetIdCommand({ IdentityPoolId: identityPoolId, Logins }),
);
const { Credentials } = await identities.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }));
const { AccessKeyId = '', SecretKey = '', SessionToken = '' } = Credentials ?? {};
const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretKey };

// Once per identity: the provisioner attaches the IoT policy. `propagating` in its answer means that refusals may last a while.
const headers = { authorization: `Bearer ${idToken}` };
await fetch(`${provisioner}/v1/provision`, { method: 'POST', headers });

// The presigned URL of AWS IoT Core: the session token is added after signing.
const { protocol, hostname, host, pathname } = new URL(mqttWss);
const signer = new SignatureV4({ service: 'iotdevicegateway', region, sha256: Sha256, credentials: keys });
const request = new HttpRequest({
  method: 'GET',
  protocol,
  hostname,
  path: pathname,
  headers: { host: hostname },
});
const { query } = await signer.presign(request, { expiresIn: 300 });
const search = new URLSearchParams({ ...Names.parse(query), 'X-Amz-Security-Token': SessionToken });
const client = await connectAsync(`${protocol}//${host}${pathname}?${search.toString()}`, {
  clientId: `${IdentityId}-${randomUUID().slice(0, 8)}`,
  protocolVersion: 5,
});

// Subscribe first, upload then: nothing is missed.
const Key = `users/${IdentityId}/${basename(photo)}`;
const State = z.object({
  type: z.literal('dev.stepcast.state.v1'),
  data: z.looseObject({ key: z.literal(Key), status: z.string() }),
});
client.on('message', (topic, payload) => {
  process.stdout.write(`${topic} ${payload.toString()}\n`);
  const { data: state } = State.safeParse(JSON.parse(payload.toString()));
  if (state !== undefined && !['queued', 'running'].includes(state.data.status)) client.end();
});
await client.subscribeAsync(`${topicNamespace}/${IdentityId}/#`, { qos: 1 });
const credentials = { ...keys, sessionToken: SessionToken };
await new S3Client({ region, endpoint: s3, forcePathStyle: true, credentials }).send(
  new PutObjectCommand({ Bucket: bucket, Key, Body: body }),
);

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

/** What the sandbox says at an address, or the end of this program where there is none. */
async function answerOf(url: string): Promise<unknown> {
  try {
    return await (await fetch(url)).json();
  } catch {
    return fail(
      `No sandbox answers at ${url}: start it with "npm start", or name its address as the fourth argument.`,
    );
  }
}
