import * as z from 'zod/mini';
import { IdentityId } from './identifiers.ts';

/** Parts of Stepcast, and what stands beside it, that an identity may want. */
export const Capability = z.enum(['progress', 'uploads', 'signalling']);
export type Capability = z.infer<typeof Capability>;

/**
 * What somebody who did not sign in can do here; answer of `GET /v1/guests`.
 *
 * A guest needs no provisioning: IoT Core decides by the guest role alone, an attached IoT policy takes no part. Signalling
 * channels (Kinesis Video Streams) are out of reach for every guest of the enhanced flow, whatever the role says: Cognito
 * cuts guests' credentials with a session policy that does not name `kinesisvideo`.
 */
export const GuestAccess = z.object({
  /** Whether the identity pool lets guests in and has a role for them. */
  allowed: z.boolean(),
  works: z.array(Capability),
  cannot: z.array(z.object({ capability: Capability, why: z.string() })),
});
export type GuestAccess = z.infer<typeof GuestAccess>;

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
  /** Present for a guest, whose call was signed with guest credentials: nothing was attached. */
  guest: z.optional(GuestAccess),
});
export type ProvisionReply = z.infer<typeof ProvisionReply>;

/** Answer of every HTTP endpoint of ours when it refuses. */
export const ErrorReply = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
