import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type CallContext, type RestService } from '../../core/index.ts';

/** REST-JSON in its barest form, for tests: no signatures, and `refuse` says which action on which resource is denied. */
export async function serveRest(
  service: RestService,
  refuse: (action: string, resource: string) => boolean = () => false,
): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const call: CallContext = {
    requestId: 'test',
    principal: { kind: 'root', accountId: '111122223333' },
    authorize(action, resource) {
      if (refuse(action, resource))
        throw new AwsError('AccessDeniedException', 403, `${action} on ${resource}`);
    },
  };
  async function answer(method: string, url: URL, body: string): Promise<unknown> {
    for (const route of service.routes) {
      const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      const match = new RegExp(`^${route.path.replace(/\{\w+\}/g, '([^/]+)')}$`).exec(url.pathname);
      if (match === null || route.method !== method) continue;
      const path = Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')]));
      const parsed = parseJson(z.looseObject({}), body);
      return route.operation(
        { ...path, ...Object.fromEntries(url.searchParams), ...(parsed.ok ? parsed.value : {}) },
        call,
      );
    }
    throw new AwsError('NotImplemented', 501, `${method} ${url.pathname}`);
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      answer(request.method ?? '', url, Buffer.concat(chunks).toString()).then(
        (output) => response.end(JSON.stringify(output)),
        (error: unknown) => {
          const known =
            error instanceof AwsError ? error : new AwsError('InternalFailure', 500, String(error));
          response.writeHead(known.httpStatus, { 'x-amzn-errortype': known.code });
          response.end(JSON.stringify({ message: known.message }));
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
