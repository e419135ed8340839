import { asError, StepcastError } from '@stepcast/kit';
import * as z from 'zod';

/** What the parent asks of the process that hosts the `aws-iot` adapter, and what that answers. Payloads are base64. */
const Traits = z.object({
  receiveMaximum: z.number().optional(),
  maximumPacketBytes: z.number().optional(),
  sharedSubscriptions: z.boolean(),
});

export const HostRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('connect'),
    id: z.number(),
    session: z.number(),
    port: z.number(),
    clientId: z.string(),
  }),
  z.object({
    kind: z.literal('publish'),
    id: z.number(),
    session: z.number(),
    message: z.object({
      topic: z.string(),
      payload: z.string(),
      retain: z.boolean(),
      contentType: z.string(),
      traceparent: z.string().optional(),
    }),
  }),
  z.object({ kind: z.literal('subscribe'), id: z.number(), session: z.number(), filter: z.string() }),
  z.object({ kind: z.literal('close'), id: z.number(), session: z.number(), force: z.boolean() }),
]);
export type HostRequest = z.infer<typeof HostRequest>;

export const HostReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), id: z.number(), traits: Traits.optional() }),
  z.object({
    kind: z.literal('failed'),
    id: z.number(),
    code: z.string(),
    message: z.string(),
    reasonCode: z.number().optional(),
  }),
  z.object({ kind: z.literal('closed'), session: z.number(), reason: z.string() }),
  z.object({
    kind: z.literal('message'),
    subscription: z.number(),
    topic: z.string(),
    payload: z.string(),
  }),
]);
export type HostReply = z.infer<typeof HostReply>;

/** The parts of an error that survive the way between processes. */
export function partsOfError(thrown: unknown): {
  readonly code: string;
  readonly message: string;
  readonly reasonCode?: number;
} {
  const error = asError(thrown);
  const reasonCode =
    'reasonCode' in error && typeof error.reasonCode === 'number' ? error.reasonCode : undefined;
  return {
    code: error instanceof StepcastError ? error.code : 'UNKNOWN',
    message: error.message,
    ...(reasonCode === undefined ? {} : { reasonCode }),
  };
}
