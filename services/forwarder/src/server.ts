import { AWSLOGS_PATH, describeIssues, parseJson, type ErrorReply } from '@stepcast/contracts';
import {
  asError,
  createHttpServer,
  errorFields,
  isRetryable,
  StepcastError,
  type Logger,
  type Metrics,
} from '@stepcast/kit';
import * as z from 'zod';
import type { Forwarder } from './application/forward-payload.ts';

/** CloudWatch Logs' payload for Lambda is at most 6 MiB, the limit of an asynchronous invoke. */
const BODY_LIMIT_BYTES = 6 * 1024 * 1024;

function reply(code: string, message: string, retryable: boolean): ErrorReply {
  return { error: { code, message, retryable } };
}

/** The forwarder as a container: `POST /awslogs`, beside health and metrics. */
export function createForwarderServer(options: {
  readonly forwarder: Forwarder;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): ReturnType<typeof createHttpServer> {
  const { forwarder, logger, metrics } = options;
  const server = createHttpServer({
    health: () => ({ healthy: true, problems: {} }),
    metrics,
    bodyLimitBytes: BODY_LIMIT_BYTES,
  });
  // Text, whatever the content type says: what is in it is judged in one place, with one kind of answer.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  server.setErrorHandler(async (thrown, _request, response) => {
    const { message } = asError(thrown);
    await response.code(400).send(reply('FORWARDER_REQUEST_INVALID', message, false));
  });
  server.post(AWSLOGS_PATH, async (request, response) => {
    const payload = parseJson(z.unknown(), typeof request.body === 'string' ? request.body : '');
    if (!payload.ok) {
      const message = `the body is wrong: ${describeIssues(payload.issues)}`;
      return response.code(400).send(reply('FORWARDER_PAYLOAD_INVALID', message, false));
    }
    try {
      return await response.code(200).send(await forwarder.handle(payload.value));
    } catch (thrown) {
      const code = thrown instanceof StepcastError ? thrown.code : 'FORWARDER_FAILED';
      if (!isRetryable(thrown)) return response.code(400).send(reply(code, asError(thrown).message, false));
      logger.error(errorFields(thrown), 'payload not forwarded');
      return response.code(503).send(reply(code, 'the payload was not taken; send it again', true));
    }
  });
  return server;
}
