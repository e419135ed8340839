import cors from '@fastify/cors';
import {
  GUESTS_PATH,
  parseValue,
  PROVISION_PATH,
  ProvisionRequest,
  type GuestAccess,
  type ProvisionReply,
} from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import type { FastifyError, FastifyInstance } from 'fastify';
import * as z from 'zod';
import { TokenRejectedError } from '../errors.ts';
import { recordRefusal, refusalOf, type Refusal } from './refusals.ts';

const NamesIdentity = z.union([
  z.object({ identityId: z.unknown() }),
  z.object({ identity_id: z.unknown() }),
]);

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
  await server.register(async (scope) => {
    await scope.register(cors, {
      origin: allowedOrigins.includes('*') ? true : [...allowedOrigins],
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type'],
      maxAge: 600,
    });
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
      if (NamesIdentity.safeParse(request.body).success) {
        // Somebody names the identity to attach to. It is ignored: only Cognito's answer counts.
        outcomes.add({ outcome: 'identity_in_body_ignored' });
        logger.warn({}, 'identity in the request ignored');
      }
      const parsed = parseValue(ProvisionRequest, request.body);
      const body: ProvisionRequest = parsed.ok ? parsed.value : {};
      const bearer = /^(?:Bearer\s+)?(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const idToken = bearer ?? body.idToken;
      try {
        if (idToken === undefined) throw new TokenRejectedError('TokenMissing');
        return await provision(idToken, { refused: body.refused });
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
  });
}
