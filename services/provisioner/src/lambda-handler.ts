import { parseJson, ProvisionRequest, type ProvisionReply } from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import * as z from 'zod';
import { apiGatewayCaller } from './adapters/api-gateway-caller.schema.ts';
import type { ProvisionOptions } from './application/attach-identity.ts';
import type { SignedCaller } from './application/provision-caller.ts';
import { answerHeaders, refuse, type ProxyAnswer } from './functions/http-answer.ts';

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

  return async (event) => {
    const headers = answerHeaders(event, allowedOrigins);
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
      return refuse(thrown, headers, options);
    }
  };
}
