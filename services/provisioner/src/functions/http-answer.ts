import type { CounterMetric, Logger } from '@stepcast/kit';
import * as z from 'zod';
import { recordRefusal, refusalOf } from '../adapters/refusals.ts';

/** What API Gateway takes as an answer, of either kind of API. */
export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const WithHeaders = z.object({ headers: z.record(z.string(), z.string().optional()) });

/** A header of an API Gateway event. HTTP APIs give names in lower case, REST APIs as they were sent. */
export function headerOf(event: unknown, wanted: string): string | undefined {
  const { headers } = WithHeaders.safeParse(event).data ?? { headers: {} };
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Headers of every answer; pages of the allowed origins may read it (`*`: of any). */
export function answerHeaders(event: unknown, allowedOrigins: readonly string[]): Record<string, string> {
  const origin = headerOf(event, 'origin');
  const allowed = origin !== undefined && (allowedOrigins.includes('*') || allowedOrigins.includes(origin));
  return {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    vary: 'origin',
    ...(allowed ? { 'access-control-allow-origin': origin } : {}),
  };
}

/** Counts, logs and answers a refusal. */
export function refuse(
  thrown: unknown,
  headers: Readonly<Record<string, string>>,
  parts: { readonly logger: Logger; readonly outcomes: CounterMetric },
): ProxyAnswer {
  recordRefusal(thrown, parts);
  const refusal = refusalOf(thrown);
  return {
    statusCode: refusal.status,
    headers: { ...headers, ...refusal.headers },
    body: JSON.stringify(refusal.body),
  };
}
