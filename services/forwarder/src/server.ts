import { describeIssues, readJson, type ErrorReply } from '@stepcast/contracts';
import { AWSLOGS_PATH, TOKEN_HEADER } from '@stepcast/wire';
import {
  asError,
  createHttpServer,
  errorFields,
  isRetryable,
  StepcastError,
  type HealthChecks,
  type Logger,
  type Metrics,
} from '@stepcast/kit';
import type { FastifyError, FastifyRequest } from 'fastify';
import { isToken } from './adapters/token.ts';
import type { Forwarder } from './application/forward-payload.ts';
import type { ForwarderConfig } from './config.ts';
import { createPayloadRoom } from './payload-room.ts';

/** CloudWatch Logs' payload for Lambda is at most 6 MiB, the limit of an asynchronous invoke. */
const BODY_LIMIT_BYTES = 6 * 1024 * 1024;

type HttpServer = ReturnType<typeof createHttpServer>;

function reply(code: string, message: string, retryable: boolean): ErrorReply {
  return { error: { code, message, retryable } };
}

export interface AwslogsRouteOptions {
  /**
   * What a request has to bring along in `x-stepcast-token`: anybody who can post may say what they like of anybody's execution.
   * Undefined: nobody may.
   */
  readonly token: string | undefined;
  /**
   * Takes a payload as Lambda would be invoked with it.
   * @param leave to be called when the payload is not in hand any more; calls after the first have no effect
   */
  readonly handle: (payload: unknown, leave: () => void) => Promise<unknown>;
  /**
   * Asked before a body is read, with its size. Answers with what gives the room back, or with undefined when there is
   * none; see {@link PayloadRoom}.
   */
  readonly enter: (bytes: number) => (() => void) | undefined;
  readonly logger: Logger;
}

/** When to send again what was not taken. */
const RETRY_AFTER_SECONDS = '1';

/**
 * Adds `POST /awslogs` to a server: 200 with the report, 400 with the reason for what is no subscription payload, 403
 * without the token, 415 for anything but JSON, 503 with `retry-after` when it has to be sent again.
 */
export async function registerAwslogsRoute(server: HttpServer, options: AwslogsRouteOptions): Promise<void> {
  const { token, handle, enter, logger } = options;
  const leaving = new WeakMap<FastifyRequest, () => void>();
  await server.register((scope, _options, registered) => {
    // As text: what is in it is judged in one place, with one kind of answer. Other types are what forms of web pages send.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.addHook('onRequest', async (request, response) => {
      if (!isToken(request.headers[TOKEN_HEADER], token)) {
        // Nothing is read, and no room is taken.
        await response
          .code(403)
          .header('connection', 'close')
          .send(reply('FORWARDER_TOKEN_REFUSED', `the header ${TOKEN_HEADER} is missing or wrong`, false));
        return;
      }
      const length = Number(request.headers['content-length'] ?? BODY_LIMIT_BYTES);
      const leave = enter(
        Number.isSafeInteger(length) ? Math.min(length, BODY_LIMIT_BYTES) : BODY_LIMIT_BYTES,
      );
      if (leave === undefined) {
        // The body is not read: the connection cannot be used again.
        await response
          .code(503)
          .headers({ 'retry-after': RETRY_AFTER_SECONDS, connection: 'close' })
          .send(reply('FORWARDER_NO_ROOM', 'too much is in hand; send the payload again', true));
        return;
      }
      leaving.set(request, leave);
      // Also when the client goes away, or the body is wrong. A payload that is in hand leaves by `handle`.
      response.raw.once('close', () => leaving.get(request)?.());
    });
    scope.setErrorHandler<FastifyError>(async (thrown, _request, response) => {
      const { message } = asError(thrown);
      const isOtherType = thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
      await response.code(isOtherType ? 415 : 400).send(reply('FORWARDER_REQUEST_INVALID', message, false));
    });
    scope.post(AWSLOGS_PATH, { bodyLimit: BODY_LIMIT_BYTES }, async (request, response) => {
      const payload = readJson(typeof request.body === 'string' ? request.body : '');
      if (!payload.ok) {
        const message = `the body is wrong: ${describeIssues(payload.issues)}`;
        return response.code(400).send(reply('FORWARDER_PAYLOAD_INVALID', message, false));
      }
      const leave = leaving.get(request) ?? (() => undefined);
      leaving.delete(request);
      try {
        return await response.code(200).send(await handle(payload.value, leave));
      } catch (thrown) {
        const code = thrown instanceof StepcastError ? thrown.code : 'FORWARDER_FAILED';
        if (!isRetryable(thrown)) return response.code(400).send(reply(code, asError(thrown).message, false));
        logger.error(errorFields(thrown), 'payload not forwarded');
        return response
          .code(503)
          .header('retry-after', RETRY_AFTER_SECONDS)
          .send(reply(code, 'the payload was not taken; send it again', true));
      }
    });
    registered();
  });
}

/**
 * The forwarder as a container: `POST /awslogs`, within bounds, beside health and metrics.
 * @param options.health what `/livez` and `/readyz` answer from
 */
export async function createForwarderServer(options: {
  readonly forwarder: Forwarder;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: HealthChecks;
  readonly token: string | undefined;
  /** What may be in hand of payloads. */
  readonly bounds: Pick<ForwarderConfig, 'maxPayloads' | 'maxPayloadBytes'>;
}): Promise<HttpServer> {
  const { forwarder, logger, metrics, health, token, bounds } = options;
  const postponed = metrics.counter(
    'payloads_postponed_total',
    'Payloads that have to be sent again, by reason: too much in hand',
    ['reason'],
  );
  const room = createPayloadRoom({
    maxPayloads: bounds.maxPayloads,
    maxBytes: bounds.maxPayloadBytes,
    onNoRoom: (reason) => {
      postponed.add({ reason });
    },
  });
  const server = createHttpServer({
    checks: health,
    metrics,
    bodyLimitBytes: BODY_LIMIT_BYTES,
  });
  await registerAwslogsRoute(server, {
    token,
    enter: (bytes) => room.enter(bytes),
    handle: (payload, leave) => forwarder.handle(payload).finally(leave),
    logger,
  });
  return server;
}
