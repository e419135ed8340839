import {
  GUESTS_PATH,
  parseJson,
  PROVISION_PATH,
  type GuestAccess,
  type ProvisionReply,
} from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import * as z from 'zod';
import { readTokenRequest } from '../adapters/provision-request.ts';
import type { ProvisionOptions } from '../application/attach-identity.ts';
import { TokenRejectedError } from '../errors.ts';
import { answerHeaders, headerOf, refuse, type ProxyAnswer } from './http-answer.ts';

export interface TokenFunctionOptions {
  readonly provision: (idToken: string, options: ProvisionOptions) => Promise<ProvisionReply>;
  readonly guestAccess: () => Promise<GuestAccess>;
  /** Origins of the web pages that may call; `*` for any. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

/** 16 KB hold any token that Cognito makes; a body that is longer is not read, and refused like any other bad token. */
const BODY_LIMIT = 16 * 1024;

const Event = z.object({
  routeKey: z.string(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
});

/**
 * The provisioner's routes behind an HTTP API (payload format 2.0): `POST /v1/provision` by ID token and `GET /v1/guests`, with
 * the answers of the container. What API Gateway says of the token counts for nothing: it is verified here.
 */
export function createTokenFunction(options: TokenFunctionOptions): (event: unknown) => Promise<ProxyAnswer> {
  const { provision, guestAccess, allowedOrigins } = options;

  async function provisioned(event: unknown, text: string): Promise<ProvisionReply> {
    if (text.length > BODY_LIMIT) throw new TokenRejectedError('TokenTooLong');
    const body = parseJson(z.unknown(), text);
    const { idToken, refused } = readTokenRequest(
      body.ok ? body.value : undefined,
      headerOf(event, 'authorization'),
      options,
    );
    if (idToken === undefined) throw new TokenRejectedError('TokenMissing');
    return provision(idToken, { refused });
  }

  return async (event) => {
    const headers = answerHeaders(event, allowedOrigins);
    const request = Event.safeParse(event).data;
    const answer = (reply: unknown): ProxyAnswer => ({
      statusCode: 200,
      headers,
      body: JSON.stringify(reply),
    });
    try {
      if (request?.routeKey === `GET ${GUESTS_PATH}`) return answer(await guestAccess());
      if (request?.routeKey === `POST ${PROVISION_PATH}`) {
        const { body, isBase64Encoded } = request;
        const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
        return answer(await provisioned(event, text));
      }
      throw new TokenRejectedError('RouteUnknown');
    } catch (thrown) {
      return refuse(thrown, headers, options);
    }
  };
}
