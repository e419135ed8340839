import { KeysUnavailableError, TokenRejectedError } from '../errors.ts';
import type { TokenVerifier } from '../ports/token-verifier.port.ts';
import { parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { JwtVerifier } from 'aws-jwt-verify';
import { validateCognitoJwtFields } from 'aws-jwt-verify/cognito-verifier';
import {
  FetchError,
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  WaitPeriodNotYetEndedJwkError,
} from 'aws-jwt-verify/error';
import { SimpleFetcher, type Fetcher } from 'aws-jwt-verify/https';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import type { JwtPayload } from 'aws-jwt-verify/jwt-model';
import * as z from 'zod';

/** Tokens of Cognito are 1 to 3 KB; nobody needs to have 16 parsed. */
const MAX_TOKEN_CHARACTERS = 16_384;

/** The library checks these where they are there, and lets a token without them pass. */
const Claims = z.object({ sub: z.string().min(1), exp: z.number() });

/** A set without keys would replace the keys that are known, and every token would be rejected for good. */
const KeySet = z.object({ keys: z.array(z.object({ kid: z.string() })).min(1) });

export interface CognitoTokenVerifierOptions {
  /** The user pool as a login provider: its issuer without `https://`, with the DNS suffix of the region's partition. */
  readonly provider: string;
  readonly userPoolClientId: string;
  /** Where the keys are, if not at the issuer. The sandbox has no HTTPS name of Cognito's. */
  readonly jwksUrl?: string | undefined;
  /** Fetches the keys. Default: `fetch` from `jwksUrl`, the library's own client from the issuer. */
  readonly fetchKeys?: typeof fetch;
  /** Runs each fetch of the keys, and may note how it ends. Default: only runs it. */
  readonly observeFetch?: <T>(call: () => Promise<T>) => Promise<T>;
}

/** Where an issuer publishes its keys. */
const keysOf = (issuer: string) => `${issuer}/.well-known/jwks.json`;

/** A verifier whose keys can be fetched before they are needed. */
export interface CognitoTokenVerifier extends TokenVerifier {
  /** Fetches the keys anew. Those that are known stay good if it fails. @throws KeysUnavailableError */
  refreshKeys(): Promise<void>;
}

/** Verifies ID tokens of one Cognito user pool client: RS256 by `kid`, `iss`, `aud`, `exp`, `token_use` (aws-jwt-verify). */
export function createCognitoTokenVerifier(options: CognitoTokenVerifierOptions): CognitoTokenVerifier {
  const {
    provider,
    userPoolClientId,
    jwksUrl,
    fetchKeys,
    observeFetch = <T>(call: () => Promise<T>) => call(),
  } = options;
  let lastFetchFailed = false;
  const inner: Fetcher =
    jwksUrl === undefined && fetchKeys === undefined
      ? new SimpleFetcher()
      : {
          async fetch(uri) {
            const url = jwksUrl ?? uri;
            const response = await (fetchKeys ?? fetch)(url, { signal: AbortSignal.timeout(3_000) });
            if (!response.ok) throw new FetchError(url, `status ${response.status}`);
            return response.arrayBuffer();
          },
        };
  const fetcher: Fetcher = {
    fetch(uri, requestOptions, data) {
      lastFetchFailed = true;
      return observeFetch(async () => {
        const keys = await inner.fetch(uri, requestOptions, data);
        if (!parseJson(KeySet, new TextDecoder().decode(keys)).ok)
          throw new FetchError(uri, 'the answer holds no keys');
        lastFetchFailed = false;
        return keys;
      });
    },
  };
  const jwksCache = new SimpleJwksCache({ fetcher });
  // Not the library's verifier for Cognito, which knows one DNS suffix only. A pool may also issue under a second name.
  const issuers = [`https://${provider}`, `https://issuer-${provider}`].map((issuer) => ({
    issuer,
    jwksUri: keysOf(issuer),
    audience: null,
    customJwtCheck: ({ payload }: { readonly payload: JwtPayload }) =>
      validateCognitoJwtFields(payload, { tokenUse: 'id', clientId: userPoolClientId }),
  }));
  const verifier = JwtVerifier.create(issuers, { jwksCache });

  /** Whether it was our keys that were missing, and not the token that was wrong. */
  function keysMissing(thrown: unknown): boolean {
    if (
      thrown instanceof FetchError ||
      thrown instanceof JwksValidationError ||
      thrown instanceof JwkValidationError
    )
      return true;
    // After an unknown kid the library waits before it asks again: then the token is to blame, unless asking itself failed.
    if (thrown instanceof WaitPeriodNotYetEndedJwkError) return lastFetchFailed;
    // Its own errors judge the token; any other comes from the network.
    return !(thrown instanceof JwtBaseError);
  }

  return {
    async refreshKeys() {
      try {
        // Not `hydrate`, which also fetches from the pool's other issuer name.
        await jwksCache.getJwks(keysOf(`https://${provider}`));
      } catch (thrown) {
        throw new KeysUnavailableError({ cause: thrown });
      }
    },
    async verify(idToken) {
      if (idToken.length > MAX_TOKEN_CHARACTERS) throw new TokenRejectedError('TokenTooLong');
      try {
        const claims = Claims.safeParse(await verifier.verify(idToken));
        if (!claims.success) throw new TokenRejectedError('ClaimsMissing');
        return { sub: claims.data.sub, expiresAtMs: claims.data.exp * 1000 };
      } catch (thrown) {
        if (thrown instanceof TokenRejectedError) throw thrown;
        if (keysMissing(thrown)) throw new KeysUnavailableError({ cause: thrown });
        throw new TokenRejectedError(asError(thrown).name, { cause: thrown });
      }
    },
  };
}
