import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Authorizer,
  AwsError,
  type CallContext,
  type CredentialStore,
  type HttpService,
  type JsonService,
  parseQuery,
  type Principal,
  requireAllowed,
  type RestService,
  type ServiceReply,
} from '../core/index.ts';
import { ClientGoneError, readBody, streamBody } from './body.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { jsonHttpService } from './json-service.ts';
import { restHttpService } from './rest-service.ts';
import { authenticate, bodyHashOf, payloadClaimOf, payloadMismatch, type RequestHead } from './sigv4.ts';
import { errorReply, requestIdHeaders } from './wire-errors.ts';

/** One AWS endpoint: where it lives, what answers there, whether browsers of other origins may call it. */
export interface FrontMount {
  /** Absolute path without a slash at the end, for example `/aws/s3`. Part of what clients sign. */
  readonly prefix: string;
  /** Off for the IoT control plane, which sends no CORS headers in AWS either. */
  readonly cors: boolean;
  readonly service:
    | { readonly kind: 'http'; readonly service: HttpService }
    | { readonly kind: 'json'; readonly service: JsonService }
    | { readonly kind: 'rest'; readonly service: RestService };
}

export interface FrontLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface FrontOptions {
  readonly region: string;
  readonly credentials: CredentialStore;
  readonly authorizer: Authorizer;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** A new UUID each time; request IDs are made of it. */
  readonly newId: () => string;
  readonly log: FrontLog;
  readonly mounts: readonly FrontMount[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

function httpServiceOf(mounted: FrontMount['service']): HttpService {
  switch (mounted.kind) {
    case 'http':
      return mounted.service;
    case 'json':
      return jsonHttpService(mounted.service);
    case 'rest':
      return restHttpService(mounted.service);
  }
}

function flatHeaders(request: FastifyRequest): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(',') : value;
  return flat;
}

function headOf(request: FastifyRequest): RequestHead {
  const url = request.raw.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: request.method,
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: flatHeaders(request),
  };
}

function callContext(
  principal: Principal,
  requestId: string,
  { authorizer, region }: Pick<FrontOptions, 'authorizer' | 'region'>,
): CallContext {
  return {
    requestId,
    principal,
    authorize: (action, resource, context = {}) => {
      requireAllowed(authorizer, { principal, action, resource, context }, region);
    },
  };
}

async function answer(
  request: FastifyRequest,
  head: RequestHead,
  mount: FrontMount,
  service: HttpService,
  requestId: string,
  gone: AbortSignal,
  options: FrontOptions,
): Promise<ServiceReply> {
  const path = head.path.slice(mount.prefix.length) || '/';
  const claim = payloadClaimOf(head, service);
  const isPublic = service.isPublic({ method: head.method, path, headers: head.headers });
  const body =
    service.bufferBody === false ? undefined : await readBody(request.raw, service.bufferBody.maxBytes);
  const actual = body === undefined ? undefined : createHash('sha256').update(body).digest('hex');
  const principal = authenticate(
    head,
    bodyHashOf(claim, actual),
    service,
    { credentials: options.credentials, region: options.region, nowMs: options.nowMs() },
    isPublic,
  );
  if (claim.kind === 'hash' && actual !== undefined && actual !== claim.sha256)
    throw payloadMismatch(service.errorWire);
  const stream =
    body === undefined
      ? streamBody(request.raw, claim.kind === 'hash' ? claim.sha256 : undefined, () =>
          payloadMismatch(service.errorWire),
        )
      : Readable.from([]);
  try {
    return await service.handle(
      {
        method: head.method,
        path,
        query: parseQuery(head.query).filter(([name]) => !name.startsWith('X-Amz-')),
        headers: head.headers,
        body: body ?? Buffer.alloc(0),
        stream,
        remoteAddress: request.ip,
        gone,
        baseUrl: `${request.protocol}://${head.headers['host'] ?? 'localhost'}${mount.prefix}`,
      },
      callContext(principal, requestId, options),
    );
  } finally {
    stream.destroy();
  }
}

function failure(
  thrown: unknown,
  head: RequestHead,
  service: HttpService,
  requestId: string,
  log: FrontLog,
): ServiceReply {
  if (!(thrown instanceof AwsError) && !(thrown instanceof ClientGoneError))
    log.error({ err: thrown, service: service.name, requestId }, 'emulated service failed');
  const error =
    thrown instanceof AwsError
      ? thrown
      : new AwsError('InternalFailure', 500, `The sandbox failed; see its log for request ${requestId}.`);
  if (error.httpStatus === 501)
    log.warn({ service: service.name, requestId, what: error.message }, 'operation is not implemented');
  return errorReply(service.errorWire, error, { method: head.method, path: head.path, requestId });
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  mount: FrontMount,
  service: HttpService,
  options: FrontOptions,
): Promise<FastifyReply> {
  if (mount.cors && request.method === 'OPTIONS')
    return reply
      .code(200)
      .headers(preflightHeaders(request.headers.origin, request.headers['access-control-request-headers']))
      .send();
  const head = headOf(request);
  const id = options.newId();
  const requestId = service.errorWire === 's3-xml' ? id.replaceAll('-', '').toUpperCase().slice(0, 16) : id;
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  let result: ServiceReply;
  try {
    result = await answer(request, head, mount, service, requestId, gone.signal, options);
  } catch (thrown) {
    result = failure(thrown, head, service, requestId, options.log);
  }
  return reply
    .code(result.status)
    .headers({
      ...(mount.cors ? corsHeaders(request.headers.origin) : {}),
      ...requestIdHeaders(service.errorWire, requestId),
      ...result.headers,
    })
    .send(result.body);
}

/**
 * Every AWS endpoint of the sandbox, as a Fastify plugin: `await app.register(createFront(options))`. Other routes can
 * live beside it on the same instance.
 *
 * For each request: CORS preflight, signature (header or presigned), then the service, which asks the authorizer for
 * each action. Whatever goes wrong is answered in the form of the service, with CORS headers, and never with 200.
 */
export function createFront(options: FrontOptions): FastifyPluginCallback {
  return (scope, _pluginOptions, done) => {
    // Bodies are read here, after the signature's head is known, not by Fastify.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => {
      parsed(null);
    });
    for (const mount of options.mounts) {
      const service = httpServiceOf(mount.service);
      for (const url of [mount.prefix, `${mount.prefix}/*`])
        scope.route({
          method: [...METHODS],
          url,
          exposeHeadRoute: false,
          handler: (request, reply) => serve(request, reply, mount, service, options),
        });
    }
    done();
  };
}
