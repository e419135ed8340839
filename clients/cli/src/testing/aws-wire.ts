import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status?: number;
  readonly body: string;
}

export interface AwsWire {
  readonly endpoint: string;
  /** What is answered, by operation: `GetRole`, or `GET /b?policy` for services with REST. */
  readonly replies: Map<string, Reply>;
  readonly asked: { readonly operation: string; readonly body: string }[];
  /** Options that send an SDK client here. */
  readonly options: () => {
    region: string;
    endpoint: string;
    maxAttempts: number;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  /** Forgets what was asked and what is to be answered. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * A server for adapters with their real SDK clients over real HTTP, with answers in the shape of the service's wire: XML
 * for IAM, STS, CloudFormation and S3, JSON for the rest. An answer is found by the operation that was asked for.
 */
export async function openAwsWire(): Promise<AwsWire> {
  const replies = new Map<string, Reply>();
  const asked: { readonly operation: string; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const url = new URL(request.url ?? '/', 'http://aws');
      const target = request.headers['x-amz-target'];
      // REST services are distinguished by method, path and the first parameter, such as `GET /b?policy`.
      const rest = `${request.method ?? ''} ${url.pathname.replace(/\/$/, '')}?${[...url.searchParams.keys()][0] ?? ''}`;
      const operation =
        typeof target === 'string'
          ? (target.split('.').at(-1) ?? '')
          : (new URLSearchParams(body).get('Action') ?? rest);
      asked.push({ operation, body });
      const reply = replies.get(operation);
      response.writeHead(reply?.status ?? (reply === undefined ? 501 : 200), {
        'content-type': 'application/xml',
      });
      response.end(reply?.body ?? '{"__type":"NotImplemented","message":"x"}');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  return {
    endpoint,
    replies,
    asked,
    options: () => ({
      region: 'us-east-1',
      endpoint,
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
    }),
    reset: () => {
      replies.clear();
      asked.length = 0;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const json = (value: object): Reply => ({ body: JSON.stringify(value) });
export const jsonError = (type: string, message: string): Reply => ({
  status: 400,
  body: JSON.stringify({ __type: type, message }),
});
export const xmlError = (code: string, status: number): Reply => ({
  status,
  body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
});
/** A policy document that allows one action. */
export const policy = (action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
