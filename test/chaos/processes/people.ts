import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import { S3Client } from '@aws-sdk/client-s3';
import { IdentityId } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { createProgressClient, type ProgressClient } from '@stepcast/web';
import { signIn } from '../../support/person.ts';
import { clientOf } from '../sandbox-client.ts';

/** Somebody who uploads and watches. */
export interface Somebody {
  readonly name: string;
  readonly identityId: IdentityId;
  readonly s3: S3Client;
  /** What an application of this person makes, with the broker at `endpoint`. */
  client(endpoint: string): ProgressClient;
  /** Calls the provisioner with a header; undefined for guests, who need none. @returns the status, or 0 without an answer */
  readonly provision: ((header: string) => Promise<number>) | undefined;
}

const BACKOFF = { baseMs: 200, capMs: 3_000 };

async function signedIn(sandbox: Sandbox, name: string): Promise<Somebody> {
  const person = await signIn(sandbox.info, name);
  return {
    name,
    identityId: IdentityId.parse(person.identityId),
    s3: person.s3,
    client: (endpoint) => clientOf(sandbox, person, { endpoint, backoff: BACKOFF }),
    async provision(header) {
      try {
        const response = await fetch(`${sandbox.info.endpoints.provisioner}/v1/provision`, {
          method: 'POST',
          headers: { authorization: `Bearer ${person.idToken}`, 'user-agent': header, 'x-note': header },
          signal: AbortSignal.timeout(10_000),
        });
        await response.arrayBuffer();
        return response.status;
      } catch {
        return 0;
      }
    },
  };
}

async function guest(sandbox: Sandbox, name: string): Promise<Somebody> {
  const { region, endpoints, identityPoolId, topicNamespace } = sandbox.info;
  const cognito = new CognitoIdentityClient({ region, endpoint: endpoints.cognitoIdentity });
  const { IdentityId: id } = await cognito.send(new GetIdCommand({ IdentityPoolId: identityPoolId }));
  const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId: id }));
  cognito.destroy();
  const identityId = IdentityId.parse(id);
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  return {
    name,
    identityId,
    s3: new S3Client({ region, endpoint: endpoints.s3, forcePathStyle: true, credentials }),
    client: (endpoint) =>
      createProgressClient({
        region,
        endpoint,
        topicNamespace,
        credentials: () => Promise.resolve({ ...credentials, identityId }),
        positionCheckMs: 10_000,
        backoff: BACKOFF,
      }),
    provision: undefined,
  };
}

/** The sandbox's two users, and as many guests. Needs a sandbox that lets guests in. */
export async function gatherPeople(sandbox: Sandbox, guests: number): Promise<readonly Somebody[]> {
  const users = await Promise.all(['alice', 'bob'].map((name) => signedIn(sandbox, name)));
  const others = await Promise.all(
    Array.from({ length: guests }, (_, index) => guest(sandbox, `guest ${index + 1}`)),
  );
  return [...users, ...others];
}
