import cors from '@fastify/cors';
import { type ErrorReply, parseValue, PROVISION_PATH, type ProvisionReply } from '@stepcast/contracts';
import {
  errorFields,
  RateGateFullError,
  StepcastError,
  type CounterMetric,
  type Logger,
} from '@stepcast/kit';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { IdentityRefusedError, TokenRejectedError } from '../errors.ts';

const Body = z.object({ idToken: z.string().optional() }).loose().nullish();

export interface ProvisionRoutesOptions {
  readonly provision: (idToken: string) => Promise<ProvisionReply>;
  /** Origins of the web pages that may call; `*` for any. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

/** 16 KB hold any token that Cognito makes; Fastify answers 413 beyond. */
const BODY_LIMIT_BYTES = 16 * 1024;

/**
 * `POST /v1/provision`, token as `Authorization: Bearer` or as `{ "idToken": … }`.
 *
 * | answer | when |
 * |---|---|
 * | 200 `ProvisionReply` | attached |
 * | 401 | token missing or not accepted: always the same words |
 * | 403 | Cognito gives no identity for it |
 * | 429, 503 with `Retry-After` | too many at once; AWS or the keys out of reach |
 * | 500 | the policy does not exist: somebody has to mend the deployment |
 */
export async function registerProvisionRoutes(
  server: FastifyInstance,
  options: ProvisionRoutesOptions,
): Promise<void> {
  const { provision, allowedOrigins, logger, outcomes } = options;
  await server.register(async (scope) => {
    await scope.register(cors, {
      origin: allowedOrigins.includes('*') ? true : [...allowedOrigins],
      methods: ['POST'],
      allowedHeaders: ['authorization', 'content-type'],
      maxAge: 600,
    });
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      scope.getDefaultJsonParser('remove', 'remove'),
    );
    scope.post(PROVISION_PATH, { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
      const body = parseValue(Body, request.body);
      if (
        body.ok &&
        body.value !== null &&
        body.value !== undefined &&
        ('identityId' in body.value || 'identity_id' in body.value)
      ) {
        // Somebody names the identity to attach to. It is ignored: only Cognito's answer counts.
        outcomes.add({ outcome: 'identity_in_body_ignored' });
        logger.warn({}, 'identity in the request ignored');
      }
      const bearer = /^(?:Bearer\s+)?(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const idToken = bearer ?? (body.ok ? body.value?.idToken : undefined);
      try {
        if (idToken === undefined) throw new TokenRejectedError('TokenMissing');
        return await provision(idToken);
      } catch (thrown) {
        return reply.code(statusOf(thrown)).headers(retryHeaders(thrown)).send(answerTo(thrown));
      }
    });
  });

  function answerTo(thrown: unknown): ErrorReply {
    if (thrown instanceof TokenRejectedError) {
      outcomes.add({ outcome: 'token_rejected' });
      logger.info({ reason: thrown.reason }, 'token rejected');
    } else {
      outcomes.add({ outcome: 'failed' });
      logger.error(errorFields(thrown), 'identity not provisioned');
    }
    if (thrown instanceof StepcastError)
      return { error: { code: thrown.code, message: thrown.message, retryable: thrown.retryable } };
    return {
      error: {
        code: 'PROVISIONER_INTERNAL',
        message: 'something went wrong; try again shortly',
        retryable: true,
      },
    };
  }
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof TokenRejectedError) return 401;
  if (thrown instanceof IdentityRefusedError) return 403;
  if (thrown instanceof RateGateFullError) return 429;
  if (thrown instanceof StepcastError) return thrown.retryable ? 503 : 500;
  return 500;
}

function retryHeaders(thrown: unknown): Record<string, string> {
  return thrown instanceof StepcastError && thrown.retryable ? { 'retry-after': '2' } : {};
}
