import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type CallContext, type JsonService } from '../../core/index.ts';

export interface TestJsonServer {
  readonly endpoint: string;
  /** Actions that `authorize` was asked for, as `action resource`. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** The AWS JSON wire in its barest form, for tests: no signatures, and `refuse` says which actions are denied. */
export async function serveJson(
  services: readonly JsonService[],
  refuse: (action: string) => boolean = () => false,
): Promise<TestJsonServer> {
  const asked: string[] = [];
  const call: CallContext = {
    requestId: 'test',
    principal: { kind: 'root', accountId: '111122223333' },
    authorize(action, resource) {
      asked.push(`${action} ${resource}`);
      if (refuse(action)) throw new AwsError('AccessDeniedException', 403, `not authorized: ${action}`);
    },
  };
  async function answer(target: string, body: string): Promise<unknown> {
    const [prefix, operation = ''] = target.split('.');
    const run = services.find((service) => service.targetPrefix === prefix)?.operations[operation];
    if (run === undefined) throw new AwsError('NotImplemented', 501, target);
    const input = parseJson(z.unknown(), body);
    return run(input.ok ? input.value : undefined, call);
  }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      answer(String(request.headers['x-amz-target']), Buffer.concat(chunks).toString()).then(
        (output) => response.end(JSON.stringify(output)),
        (error: unknown) => {
          const known =
            error instanceof AwsError ? error : new AwsError('InternalFailure', 500, String(error));
          response.writeHead(known.httpStatus, { 'content-type': 'application/x-amz-json-1.1' });
          response.end(JSON.stringify({ __type: known.code, message: known.message }));
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
