import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsClientDefaults } from '@stepcast/kit';
import { cognitoCredentials, createProgressClient, type ProgressClient } from '@stepcast/web';
import { userPoolProvider } from '@stepcast/contracts';
import { signInBySrp } from '../support/srp.ts';
import { type Clients, type Keys } from './place.ts';

/** Made for each account anew. */
const newPassword = (): string => `A1-${randomBytes(18).toString('base64url')}`;

/** Where a page finds its services; from the stack's outputs, with the addresses of an emulator where there is one. */
export interface PageConfig {
  readonly region: string;
  /** Of an emulator; undefined in AWS. */
  readonly endpoint: string | undefined;
  readonly userPoolId: string;
  readonly userPoolClientId: string;
  readonly identityPoolId: string;
  readonly bucket: string;
  readonly topicNamespace: string;
  readonly provisionUrl: string;
  /** `ws://…/mqtt` */
  readonly broker: string;
}

export interface SignedIn {
  readonly username: string;
  readonly password: string;
  readonly identityId: string;
  readonly idToken: string;
  readonly keys: Keys & { readonly sessionToken: string };
  readonly client: ProgressClient;
}

/** Makes an account in the deployed user pool, and signs in. */
export async function signUp(clients: Clients, page: PageConfig, username: string): Promise<SignedIn> {
  const { userPoolId } = page;
  const { userPools } = clients;
  const password = newPassword();
  await userPools.send(
    new AdminCreateUserCommand({
      UserPoolId: userPoolId,
      Username: username,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: username },
        { Name: 'email_verified', Value: 'true' },
      ],
    }),
  );
  await userPools.send(
    new AdminSetUserPasswordCommand({
      UserPoolId: userPoolId,
      Username: username,
      Password: password,
      Permanent: true,
    }),
  );
  return signIn(clients, page, { username, password });
}

/** Signs in by SRP to an account that is there, and gets credentials of the deployed identity pool. */
export async function signIn(
  { userPools }: Clients,
  page: PageConfig,
  { username, password }: Pick<SignedIn, 'username' | 'password'>,
): Promise<SignedIn> {
  const { region, endpoint, userPoolId, userPoolClientId: clientId } = page;
  const idToken = await signInBySrp({ userPool: userPools, userPoolId, clientId, username, password });
  const credentials = cognitoCredentials({
    region,
    identityPoolId: page.identityPoolId,
    logins: () => Promise.resolve({ [userPoolProvider(region, userPoolId)]: idToken }),
    endpoint,
  });
  const { identityId, accessKeyId, secretAccessKey, sessionToken } = await credentials();
  const client = createProgressClient({
    region,
    endpoint: page.broker,
    topicNamespace: page.topicNamespace,
    credentials,
    provisioning: { url: page.provisionUrl, idToken: () => Promise.resolve(idToken) },
  });
  const keys = { accessKeyId, secretAccessKey, sessionToken };
  return { username, password, identityId, idToken, keys, client };
}

/** S3 as the person's page uses it. */
export function s3Of(
  { region, endpoint }: PageConfig,
  keys: Keys & { readonly sessionToken?: string },
): S3Client {
  return new S3Client({
    ...awsClientDefaults(),
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    credentials: { ...keys },
  });
}

/** What came of an upload. */
export interface Watched {
  readonly offsets: readonly number[];
  readonly discontinuities: number;
  readonly status: string;
  readonly percent: number | null;
  /** Milliseconds from the end of the upload to `complete`. */
  readonly tookMs: number;
  /** Milliseconds from when an event happened, by its own time, to when the page had it. */
  readonly lags: readonly EventLag[];
}

export interface EventLag {
  readonly kind: string;
  /** The event's own time. */
  readonly atMs: number;
  readonly ms: number;
}

/** What is promised, unless it takes longer. @throws Error that says what `otherwise` says then */
export async function within<T>(limitMs: number, promised: Promise<T>, otherwise: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const limit = setTimeout(() => {
    late.reject(new Error(`not within ${limitMs / 1_000} s: ${otherwise()}`));
  }, limitMs);
  try {
    return await Promise.race([promised, late.promise]);
  } finally {
    clearTimeout(limit);
  }
}

export interface UploadRequest {
  readonly client: ProgressClient;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly timeoutMs: number;
  /** Whether the store's events name the version of the object, as those of S3 do and an emulator's may not. */
  readonly namesVersions: boolean;
}

/** Uploads, and follows the upload with `@stepcast/web` to its `complete`. */
export async function uploadAndFollow(request: UploadRequest): Promise<Watched> {
  const { client, s3, bucket, key } = request;
  const body = Buffer.from(`uploaded at ${new Date().toISOString()}`);
  let uploadedAt = performance.now();
  const tracker = client.trackUpload({
    bucket,
    key,
    sizeBytes: body.length,
    put: async () => {
      const answer = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      uploadedAt = performance.now();
      // Without it the first version that is new is taken for this one.
      return request.namesVersions ? answer : undefined;
    },
  });
  const offsets: number[] = [];
  let discontinuities = 0;
  const lags: EventLag[] = [];
  tracker.watch.on('event', ({ event }) => {
    offsets.push(event.offset);
    const atMs = Date.parse(event.time);
    lags.push({ kind: event.kind, atMs, ms: Date.now() - atMs });
  });
  tracker.watch.on('discontinuity', () => (discontinuities += 1));
  try {
    const state = await within(
      request.timeoutMs,
      tracker.done,
      () => `not complete: phase ${tracker.phase.phase}, ${offsets.length} events`,
    );
    return {
      offsets,
      discontinuities,
      status: state.status,
      percent: state.percent ?? null,
      tookMs: Math.round(performance.now() - uploadedAt),
      lags,
    };
  } finally {
    tracker.close();
  }
}
