import * as z from 'zod/mini';
import { IdentityId } from './identifiers.ts';
import { WorkflowOutline } from './outline.ts';

/** Parts of Stepcast, and what stands beside it, that an identity may want. */
export const Capability = z.enum(['progress', 'uploads', 'signalling']);
export type Capability = z.infer<typeof Capability>;

/**
 * What somebody who did not sign in can do here; answer of `GET /v1/guests`.
 *
 * A guest needs no provisioning: IoT Core decides by the guest role alone, an attached IoT policy takes no part. Signalling
 * channels (Kinesis Video Streams) are out of reach for every guest of the enhanced flow, whatever the role says: Cognito
 * cuts guests' credentials with a session policy that does not name `kinesisvideo`.
 *
 * A guest's identity ID works as a password: knowing it is enough to become that guest. This answer names none.
 */
export const GuestAccess = z.object({
  /** Whether the identity pool lets guests in and has a role for them. */
  allowed: z.boolean(),
  works: z.array(Capability),
  cannot: z.array(z.object({ capability: Capability, why: z.string() })),
});
export type GuestAccess = z.infer<typeof GuestAccess>;

/** Body of `POST /v1/provision`. It may be left out when the ID token comes as `Authorization: Bearer`. */
export const ProvisionRequest = z.object({
  /** The ID token of the user pool, where it is not in the `Authorization` header. */
  idToken: z.optional(z.string()),
  /**
   * True when the broker refused the identity after an earlier answer was `ready`. The service answers from memory for 15
   * minutes; for this request it asks AWS IoT instead, and attaches the policy again if it was detached. It does so about
   * once in 30 seconds for an identity; see `retryAfterMs` of the reply. Default false.
   */
  refused: z.optional(z.boolean()),
});
export type ProvisionRequest = z.infer<typeof ProvisionRequest>;

/**
 * Answer of `POST /v1/provision`, whose body is a `ProvisionRequest`.
 * `ready`: the policy is attached and known to be in force. `propagating`: attached, but IoT Core may refuse for some
 * minutes yet; the client treats refusals until `retryUntil` as "not yet".
 */
export const ProvisionReply = z.object({
  status: z.enum(['ready', 'propagating']),
  /** The identity that Cognito returned for the token; the only one that was attached. */
  identityId: IdentityId,
  retryUntil: z.optional(z.iso.datetime()),
  /**
   * Present when the request said `refused` and the service answered from memory all the same, because it asked AWS IoT
   * too often of late. Milliseconds until the client may send `refused` again.
   */
  retryAfterMs: z.optional(z.int().check(z.positive())),
  /** Present for a guest, whose call was signed with guest credentials: nothing was attached. */
  guest: z.optional(GuestAccess),
  /**
   * The workflows of this installation, for pictures of them: names, types and edges, at most 64 KB of JSON together. Present only where
   * the installation is set to show them; a workflow that the service could not read, or that is too large, is left out.
   */
  workflows: z.optional(z.array(WorkflowOutline)),
});
export type ProvisionReply = z.infer<typeof ProvisionReply>;

/** Answer of every HTTP endpoint of ours when it refuses. */
export const ErrorReply = z.object({
  error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
