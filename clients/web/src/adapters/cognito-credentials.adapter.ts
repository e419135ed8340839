import { dnsSuffixOf, parseJson } from '@stepcast/contracts';
import * as z from 'zod/mini';
import type { AwsIdentity } from '../credentials.port.ts';
import { EXPIRY_MARGIN_MS } from '../credentials.ts';
import { CredentialsDeniedError } from '../errors.ts';
import type { PositionStorage } from '../position-store.ts';
import { type Runtime, systemRuntime } from '../runtime.ts';

export interface CognitoCredentialsOptions {
  readonly region: string;
  /** `region:guid` of the identity *pool*. */
  readonly identityPoolId: string;
  /**
   * The logins, asked for anew at each refresh: `{ 'cognito-idp.REGION.amazonaws.com/USER_POOL_ID': idToken }`. The **ID**
   * token, not the access token. Leave out for guests.
   */
  readonly logins?: (() => Promise<Record<string, string>>) | undefined;
  /** Another address of Cognito identity pools, like the sandbox's. Default `https://cognito-identity.REGION.amazonaws.com`. */
  readonly endpoint?: string | undefined;
  /** Keeps the identity of a guest, for example `localStorage`: without it a reload is another guest. Of no use with `logins`. */
  readonly storage?: PositionStorage | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly runtime?: Runtime | undefined;
}

const GetIdReply = z.object({ IdentityId: z.string() });
const CredentialsReply = z.object({
  IdentityId: z.string(),
  Credentials: z.object({
    AccessKeyId: z.string(),
    SecretKey: z.string(),
    SessionToken: z.string(),
    /** Seconds since the epoch. */
    Expiration: z.number(),
  }),
});
const ErrorBody = z.object({ __type: z.optional(z.string()), message: z.optional(z.string()) });

/** Everything is there when it comes from Cognito itself. */
interface CognitoIdentity extends AwsIdentity {
  readonly identityId: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  readonly clockOffsetMs: number;
}

/** Errors that Cognito names. The name is what `Credentials` decides by. */
class CognitoError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * A credential provider on the HTTP API of Cognito identity pools: `GetId`, then `GetCredentialsForIdentity` (the enhanced
 * flow), both unsigned. It spares the page the AWS SDK. Credentials are cached until five minutes before their end.
 */
export function cognitoCredentials(
  options: CognitoCredentialsOptions,
): (request?: object) => Promise<CognitoIdentity> {
  const endpoint =
    options.endpoint ?? `https://cognito-identity.${options.region}.${dnsSuffixOf(options.region)}`;
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const runtime = options.runtime ?? systemRuntime;
  let identityId: string | undefined;
  let cached: CognitoIdentity | undefined;

  async function call<S extends z.core.$ZodType>(operation: string, body: object, reply: S) {
    const response = await fetch(`${endpoint}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityService.${operation}`,
      },
      body: JSON.stringify(body),
      cache: 'no-store',
    });
    const text = await response.text();
    if (!response.ok) {
      const parsed = parseJson(ErrorBody, text);
      const type = (parsed.ok ? parsed.value.__type : undefined) ?? `Http${response.status}`;
      const message = (parsed.ok ? parsed.value.message : undefined) ?? `HTTP ${response.status}`;
      throw new CognitoError(type.slice(type.lastIndexOf('#') + 1), `Cognito ${operation}: ${message}`);
    }
    const parsed = parseJson(reply, text);
    if (!parsed.ok)
      throw new CognitoError('MalformedReply', `Cognito ${operation} answered in an unknown form`);
    // AWS lets pages read the Date header; the whole second that it cuts off does not matter.
    const serverMs = Date.parse(response.headers.get('date') ?? '');
    return { value: parsed.value, clockOffsetMs: Number.isNaN(serverMs) ? 0 : serverMs - runtime.now() };
  }

  const item = `stepcast:guest:${options.identityPoolId}`;
  const storage = options.logins === undefined ? options.storage : undefined;

  async function storedGuest(): Promise<string | undefined> {
    try {
      const stored = (await storage?.getItem(item)) ?? '';
      return stored === '' ? undefined : stored;
    } catch {
      return undefined;
    }
  }

  async function storeGuest(guest: string): Promise<void> {
    try {
      await storage?.setItem(item, guest);
    } catch {
      // Full or forbidden: a reload is another guest.
    }
  }

  return async (request) => {
    const forced = request !== undefined && 'forceRefresh' in request && request.forceRefresh === true;
    if (!forced && cached !== undefined) {
      const leftMs = cached.expiration.getTime() - (runtime.now() + cached.clockOffsetMs);
      if (leftMs > EXPIRY_MARGIN_MS) return cached;
    }
    const logins = await options.logins?.();
    if (options.logins !== undefined && Object.keys(logins ?? {}).length === 0)
      throw new CredentialsDeniedError('logins() gave no login: nobody is signed in');
    const withLogins = logins === undefined ? {} : { Logins: logins };
    identityId ??= await storedGuest();
    identityId ??= (
      await call('GetId', { IdentityPoolId: options.identityPoolId, ...withLogins }, GetIdReply)
    ).value.IdentityId;
    try {
      const { value, clockOffsetMs } = await call(
        'GetCredentialsForIdentity',
        { IdentityId: identityId, ...withLogins },
        CredentialsReply,
      );
      // Linking logins can change which identity answers; the one returned is the one the credentials are for.
      identityId = value.IdentityId;
      await storeGuest(identityId);
      cached = {
        identityId,
        accessKeyId: value.Credentials.AccessKeyId,
        secretAccessKey: value.Credentials.SecretKey,
        sessionToken: value.Credentials.SessionToken,
        expiration: new Date(value.Credentials.Expiration * 1000),
        // Below a minute it is rounding and travel time, not a wrong clock.
        clockOffsetMs: Math.abs(clockOffsetMs) < 60_000 ? 0 : clockOffsetMs,
      };
      return cached;
    } catch (error) {
      // Another login than the one the identity was made for: ask anew who this is.
      identityId = undefined;
      if (error instanceof CognitoError) await storeGuest('');
      throw error;
    }
  };
}
