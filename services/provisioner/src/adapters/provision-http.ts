import {
  GUESTS_PATH,
  PROVISION_PATH,
  type GuestAccess,
  type ProvisionReply,
  type ProvisionRequest,
} from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import type { FastifyError, FastifyInstance } from 'fastify';
import { TokenRejectedError } from '../errors.ts';
import { readTokenRequest } from './provision-request.ts';
import { recordRefusal, refusalOf, type Refusal } from './refusals.ts';

export interface ProvisionRoutesOptions {
  readonly provision: (
    idToken: string,
    options: Pick<ProvisionRequest, 'refused'>,
  ) => Promise<ProvisionReply>;
  readonly guestAccess: () => Promise<GuestAccess>;
  /** Origins of the web pages that may call; `*` for any. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

/** 16 KB hold any token that Cognito makes; what is longer is not read, and refused like any other bad token. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** The refusal of a token that is too long to be read; counted and logged. */
export function refuseLongToken(parts: Pick<ProvisionRoutesOptions, 'logger' | 'outcomes'>): Refusal {
  const rejected = new TokenRejectedError('TokenTooLong');
  recordRefusal(rejected, parts);
  return refusalOf(rejected);
}

/**
 * `POST /v1/provision`, token as `Authorization: Bearer` or in the body, a `ProvisionRequest`. A body that is none is taken as
 * an empty one.
 *
 * | answer | when |
 * |---|---|
 * | 200 `ProvisionReply` | attached; with `retryAfterMs` when `refused` came too often and was answered from memory |
 * | 401 | token missing, not accepted or over 16 KB: always the same words |
 * | 403 | Cognito gives no identity for it |
 * | 429, 503 with `Retry-After` | too many at once; AWS or the keys out of reach |
 * | 500 | the policy does not exist: somebody has to mend the deployment |
 *
 * `GET /v1/guests`, for everybody: 200 `GuestAccess`, what works without signing in and what cannot.
 */
export async function registerProvisionRoutes(
  server: FastifyInstance,
  options: ProvisionRoutesOptions,
): Promise<void> {
  const { provision, guestAccess, allowedOrigins, logger, outcomes } = options;
  await server.register((scope, _options, registered) => {
    addCors(scope, [PROVISION_PATH, GUESTS_PATH], allowedOrigins);
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      scope.getDefaultJsonParser('remove', 'remove'),
    );
    scope.setErrorHandler<FastifyError>(async (thrown, _request, reply) => {
      if (thrown.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw thrown;
      const { status, headers, body } = refuseLongToken(options);
      await reply.code(status).headers(headers).send(body);
    });
    scope.post(PROVISION_PATH, { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
      const { idToken, refused } = readTokenRequest(request.body, request.headers.authorization, options);
      try {
        if (idToken === undefined) throw new TokenRejectedError('TokenMissing');
        return await provision(idToken, { refused });
      } catch (thrown) {
        recordRefusal(thrown, { logger, outcomes });
        const { status, headers, body } = refusalOf(thrown);
        return reply.code(status).headers(headers).send(body);
      }
    });
    scope.get(GUESTS_PATH, async (_request, reply) => {
      try {
        return await guestAccess();
      } catch (thrown) {
        recordRefusal(thrown, { logger, outcomes });
        const { status, headers, body } = refusalOf(thrown);
        return reply.code(status).headers(headers).send(body);
      }
    });
    registered();
  });
}

/** Answers preflights of these paths and of no others, and lets pages of the allowed origins read the answers. */
function addCors(scope: FastifyInstance, paths: readonly string[], allowedOrigins: readonly string[]): void {
  scope.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    reply.header('vary', 'Origin');
    if (origin !== undefined && (allowedOrigins.includes('*') || allowedOrigins.includes(origin)))
      reply.header('access-control-allow-origin', origin);
    done();
  });
  for (const path of paths)
    scope.options(path, async (_request, reply) => {
      await reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'authorization, content-type',
          'access-control-max-age': '600',
        })
        .send();
    });
}
