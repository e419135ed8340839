import { parseJson } from '@stepcast/contracts';
import * as z from 'zod/mini';
import type { SandboxConfig } from './sandbox-config.ts';

/** One person who is signed in. */
export interface Session {
  readonly username: string;
  /** Undefined for a guest. */
  readonly idToken: string | undefined;
  /** Milliseconds since the epoch. A guest's has no end. */
  readonly expiresAtMs: number;
}

/** Thrown when nobody could be signed in; the message is for the person. */
export class SignInError extends Error {
  readonly code = 'DEMO_SIGN_IN';
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SignInError';
    this.retryable = retryable;
  }
}

const AuthReply = z.object({ AuthenticationResult: z.object({ IdToken: z.string() }) });
const AuthError = z.object({ __type: z.string(), message: z.optional(z.string()) });
const Claims = z.object({ exp: z.number() });
const Stored = z.object({ username: z.string(), idToken: z.optional(z.string()), expiresAtMs: z.number() });

/** When a JWT ends. Only for the page's own timing: each service that takes the token verifies it. */
function expiryOf(token: string): number | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  let text: string;
  try {
    text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
  const claims = parseJson(Claims, text);
  return claims.ok ? claims.value.exp * 1000 : undefined;
}

/**
 * Signs in with name and password: `InitiateAuth`, flow USER_PASSWORD_AUTH. It is a plain unsigned request, so the AWS
 * SDK would add nothing but weight.
 * @throws SignInError
 */
export async function signIn(config: SandboxConfig, username: string, password: string): Promise<Session> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(config.endpoints.cognitoIdp, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
      },
      body: JSON.stringify({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: config.userPoolClientId,
        AuthParameters: { USERNAME: username, PASSWORD: password },
      }),
    });
    text = await response.text();
  } catch (error) {
    throw new SignInError('The sandbox does not answer. Is it still running?', true, { cause: error });
  }
  const reply = parseJson(AuthReply, text);
  if (response.ok && reply.ok) {
    const { IdToken: idToken } = reply.value.AuthenticationResult;
    const expiresAtMs = expiryOf(idToken);
    if (expiresAtMs !== undefined) return { username, idToken, expiresAtMs };
  }
  const refusal = parseJson(AuthError, text);
  if (refusal.ok && refusal.value.__type.endsWith('NotAuthorizedException'))
    throw new SignInError('Name and password do not go together.', false);
  if (refusal.ok) throw new SignInError(refusal.value.message ?? refusal.value.__type, false);
  throw new SignInError(`Signing in was answered with HTTP ${response.status}.`, response.status >= 500);
}

/** A guest is nobody in particular, and stays as long as the tab does. */
export const guestSession = (username: string): Session => ({
  username,
  idToken: undefined,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
});

/**
 * The sessions of the people of this page, so that a reload stays signed in. They live in `sessionStorage`: gone with the
 * tab. The sandbox's people are made up; an app for real people would leave this to its auth library.
 */
export function sessionStore(storage: Storage) {
  const nameOf = (username: string) => `stepcast.session.${username}`;
  return {
    /** The session of a person, unless it ends within a minute. */
    load(username: string, nowMs: number): Session | undefined {
      const stored = parseJson(Stored, storage.getItem(nameOf(username)) ?? '');
      if (!stored.ok || stored.value.username !== username) return undefined;
      const { idToken, expiresAtMs } = stored.value;
      return expiresAtMs > nowMs + 60_000 ? { username, idToken, expiresAtMs } : undefined;
    },
    save: (session: Session) => storage.setItem(nameOf(session.username), JSON.stringify(session)),
    clear: (username: string) => storage.removeItem(nameOf(username)),
  };
}
export type SessionStore = ReturnType<typeof sessionStore>;
