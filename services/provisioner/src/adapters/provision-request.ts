import { parseValue, ProvisionRequest } from '@stepcast/contracts';
import type { CounterMetric, Logger } from '@stepcast/kit';
import * as z from 'zod';

const NamesIdentity = z.union([
  z.object({ identityId: z.unknown() }),
  z.object({ identity_id: z.unknown() }),
]);

/** A request to be provisioned, by whichever door it came. */
export interface TokenRequest {
  /** Of the header `Authorization`, with or without `Bearer`, or else of the body. */
  readonly idToken: string | undefined;
  readonly refused: boolean | undefined;
}

/**
 * Reads a request. A body that is no `ProvisionRequest` counts as an empty one; an identity that it names is ignored and
 * counted: only Cognito's answer decides.
 */
export function readTokenRequest(
  body: unknown,
  authorization: string | undefined,
  { logger, outcomes }: { readonly logger: Logger; readonly outcomes: CounterMetric },
): TokenRequest {
  if (NamesIdentity.safeParse(body).success) {
    outcomes.add({ outcome: 'identity_in_body_ignored' });
    logger.warn({}, 'identity in the request ignored');
  }
  const parsed = parseValue(ProvisionRequest, body);
  const request: ProvisionRequest = parsed.ok ? parsed.value : {};
  const bearer = /^(?:Bearer\s+)?(\S+)$/i.exec(authorization ?? '')?.[1];
  return { idToken: bearer ?? request.idToken, refused: request.refused };
}
