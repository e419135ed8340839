import * as z from 'zod/mini';
import { IdentityId } from './identifiers.ts';

/**
 * Answer of `POST /v1/provision` (the ID token comes as `Authorization: Bearer`, or as `{ "idToken": … }`).
 * `ready`: the policy is attached and known to be in force. `propagating`: attached, but IoT Core may refuse for some
 * minutes yet; the client treats refusals until `retryUntil` as "not yet".
 */
export const ProvisionReply = z.object({
  status: z.enum(['ready', 'propagating']),
  /** The identity that Cognito returned for the token; the only one that was attached. */
  identityId: IdentityId,
  retryUntil: z.optional(z.iso.datetime()),
});
export type ProvisionReply = z.infer<typeof ProvisionReply>;

/** Answer of every HTTP endpoint of ours when it refuses. */
export const ErrorReply = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
