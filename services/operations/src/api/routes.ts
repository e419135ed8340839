import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiRequest } from './api.ts';
import { API_PREFIX } from './contract.ts';
import { errorReply, type ApiReply } from './replies.ts';

export interface ApiRouteOptions {
  readonly api: (request: ApiRequest) => Promise<ApiReply>;
  /** Who asks, for the audit; `undefined`: nobody who may. */
  readonly callerOf: (headers: FastifyRequest['headers']) => string | undefined;
  /** What somebody who was refused reads. */
  readonly refusal: string;
}

const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * The API under `/ops/api` of a server. Changes take JSON only, which no page of another origin can send without asking first;
 * no origin is ever allowed.
 */
export async function registerOperationsApi(
  server: FastifyInstance,
  options: ApiRouteOptions,
): Promise<void> {
  const { api, callerOf, refusal } = options;
  const refused = errorReply(401, 'OPERATOR_CALLER_REFUSED', refusal, false);
  await server.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, parsed) => {
        parsed(null, body);
      },
    );
    scope.setErrorHandler<FastifyError>(async (thrown, _request, reply) => {
      const status = thrown.statusCode ?? 500;
      const { body } = errorReply(status, 'OPERATOR_USAGE', wordsOf(status), false);
      await reply.code(status).header('cache-control', 'no-store').send(body);
    });
    scope.route({
      method: ['GET', 'POST'],
      url: `${API_PREFIX}/*`,
      exposeHeadRoute: false,
      // Before a body is read.
      async onRequest(request, reply) {
        reply.header('cache-control', 'no-store');
        if (callerOf(request.headers) === undefined) await reply.code(refused.status).send(refused.body);
      },
      async handler(request, reply) {
        const who = callerOf(request.headers);
        const [path = ''] = request.url.slice(API_PREFIX.length).split('?', 1);
        const { status, body } =
          who === undefined
            ? refused
            : await api({
                method: request.method,
                path,
                query: isRecord(request.query) ? request.query : {},
                body: typeof request.body === 'string' ? request.body : undefined,
                who,
              });
        return reply.code(status).send(body);
      },
    });
    registered();
  });
}

function wordsOf(status: number): string {
  if (status === 413) return `the body has more than ${BODY_LIMIT_BYTES} bytes`;
  if (status === 415) return 'the body has to be JSON, and to say so (content-type: application/json)';
  return 'the request cannot be read';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
