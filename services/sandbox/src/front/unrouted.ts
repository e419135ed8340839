import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AwsError, notImplemented, type ErrorWire } from '../core/index.ts';
import { errorReply, requestIdHeaders } from './wire-errors.ts';

const S3_PREFIX = '/aws/s3';

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  wire: ErrorWire,
  error: AwsError,
): Promise<void> {
  const requestId = randomUUID();
  const [path = ''] = request.url.split('?', 1);
  const { status, headers, body } = errorReply(wire, error, { method: request.method, path, requestId });
  await reply
    .code(status)
    .headers({ ...requestIdHeaders(wire, requestId), ...headers })
    .send(body);
}

/**
 * For `frameworkErrors` of Fastify: a path that is no UTF-8 reaches no route. In S3 that is a key, and the answer S3's.
 */
export function answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const isS3 = request.url.startsWith(`${S3_PREFIX}/`);
  const bad = new AwsError(
    isS3 ? 'InvalidURI' : 'InvalidRequest',
    400,
    isS3 ? "Couldn't parse the specified URI." : error.message,
  );
  void send(request, reply, isS3 ? 's3-xml' : 'rest-json', bad);
}

/** Whether an SDK or the AWS CLI sent it: it is signed, or names an operation of the JSON protocols. */
function isAwsCall({ headers }: FastifyRequest): boolean {
  return headers.authorization?.startsWith('AWS4-') === true || headers['x-amz-target'] !== undefined;
}

/** An SDK that asks for a service that is not emulated gets an answer that it can read; anybody else learns that there is nothing. */
export function addUnrouted(server: FastifyInstance): void {
  server.setNotFoundHandler(async (request, reply) => {
    const [, root, service = ''] = (request.url.split('?', 1)[0] ?? '').split('/');
    if (root === 'aws' && service !== '') {
      await send(request, reply, 'rest-json', notImplemented(`The service ${service.slice(0, 64)}`));
      return;
    }
    // `AWS_ENDPOINT_URL` names one address for all services; here each has its own.
    if (isAwsCall(request)) {
      const here = new AwsError(
        'NotImplemented',
        501,
        'No service of AWS is at this address. /sandbox.json has the address of each that is emulated.',
      );
      await send(request, reply, 'rest-json', here);
      return;
    }
    await reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'There is nothing here.' });
  });
}
