import { gzipSync } from 'node:zlib';
import { TOKEN_HEADER } from '@stepcast/wire';
import * as z from 'zod';

/** What a subscription filter of CloudWatch Logs invokes its function with. */
export function subscriptionPayload(messages: readonly string[], fields: object = {}): object {
  const message = {
    messageType: 'DATA_MESSAGE',
    owner: '111122223333',
    logGroup: '/aws/vendedlogs/states/SomebodyElse-Logs',
    logStream: 'states/SomebodyElse/2026-11-03-10-15/00000000',
    subscriptionFilters: ['stepcast'],
    logEvents: messages.map((text, index) => ({
      id: String(index).padStart(56, '0'),
      timestamp: Date.UTC(2026, 10, 3, 10, 15, 30),
      message: text,
    })),
    ...fields,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') } };
}

/** A service that is killed, or a proxy that is silent, may never answer. */
const TIME_LIMIT_MS = 60_000;

/** The token that scripts on this machine read. */
export async function tokenOf(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const info: unknown = await (await fetch(new URL('/sandbox.json', url), { signal })).json();
  return z.object({ token: z.string() }).parse(info).token;
}

/** Posts JSON (text as it is) to a path of the sandbox, with the token that scripts on this machine read. */
export async function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
    headers: { 'content-type': 'application/json', [TOKEN_HEADER]: await tokenOf(url) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
