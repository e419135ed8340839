import { parseJson, ProvisionRequest, type ProvisionReply } from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import * as z from 'zod';
import { apiGatewayCaller } from './adapters/api-gateway-caller.schema.ts';
import { recordRefusal, refusalOf } from './adapters/refusals.ts';
import type { ProvisionOptions } from './application/attach-identity.ts';
import type { SignedCaller } from './application/provision-caller.ts';

/** What API Gateway takes as an answer, of either kind of API. */
export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ProvisionLambdaOptions {
  readonly provision: (caller: SignedCaller, options: ProvisionOptions) => Promise<ProvisionReply>;
  /** Origins of the web pages that may call; `*` for any. */
  readonly allowedOrigins: readonly string[];
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
}

const WithBody = z.object({ body: z.string().max(16_384) });
const NamesIdentity = z.union([
  z.object({ identityId: z.unknown() }),
  z.object({ identity_id: z.unknown() }),
]);
const WithHeaders = z.object({ headers: z.record(z.string(), z.string().optional()) });

/**
 * `POST /v1/provision` behind an API Gateway with IAM authorisation. The caller signs with its identity pool credentials;
 * API Gateway says in the request's context which identity that is, and that one alone is provisioned.
 *
 * The body may be left out, or is a `ProvisionRequest`, of which `refused` counts. One that does not parse is taken as none.
 *
 * Only API Gateway may be allowed to invoke the function: a caller that may invoke it directly writes the context itself.
 */
export function createProvisionLambda(
  options: ProvisionLambdaOptions,
): (event: unknown) => Promise<ProxyAnswer> {
  const { provision, allowedOrigins, logger, outcomes } = options;

  function corsHeaders(event: unknown): Record<string, string> {
    const parsed = WithHeaders.safeParse(event);
    // HTTP APIs give header names in lower case, REST APIs as they were sent.
    const origin = Object.entries(parsed.data?.headers ?? {}).find(
      ([name]) => name.toLowerCase() === 'origin',
    )?.[1];
    if (origin === undefined || !(allowedOrigins.includes('*') || allowedOrigins.includes(origin)))
      return { vary: 'origin' };
    return { vary: 'origin', 'access-control-allow-origin': origin };
  }

  return async (event) => {
    const headers = {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...corsHeaders(event),
    };
    const body = WithBody.safeParse(event).data?.body;
    if (body !== undefined && parseJson(NamesIdentity, body).ok) {
      outcomes.add({ outcome: 'identity_in_body_ignored' });
      logger.warn({}, 'identity in the request ignored');
    }
    try {
      const request = parseJson(ProvisionRequest, body ?? '{}');
      const refused = request.ok ? request.value.refused : undefined;
      const reply = await provision(apiGatewayCaller(event), { refused });
      return { statusCode: 200, headers, body: JSON.stringify(reply) };
    } catch (thrown) {
      recordRefusal(thrown, { logger, outcomes });
      const refusal = refusalOf(thrown);
      return {
        statusCode: refusal.status,
        headers: { ...headers, ...refusal.headers },
        body: JSON.stringify(refusal.body),
      };
    }
  };
}
