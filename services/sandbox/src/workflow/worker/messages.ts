import { isError } from '@stepcast/kit';
import * as z from 'zod';

/** What the two sides of a handler's thread say to one another. Values of programs travel as JSON, as to and from Lambda. */

const WireError = z.object({ name: z.string(), message: z.string(), stack: z.string().optional() });
export type WireError = z.infer<typeof WireError>;

/** Bytes of any realm. */
const Bytes = z.custom<Uint8Array<ArrayBuffer>>((value) => ArrayBuffer.isView(value));

const ObjectAsk = z.object({ ask: z.number(), bucket: z.string(), key: z.string() });

export const ToWorker = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('call'),
    call: z.number(),
    functionName: z.string(),
    payload: z.string(),
    attempt: z.number(),
    executionArn: z.string(),
  }),
  z.object({ kind: z.literal('abort'), call: z.number(), error: WireError }),
  z.object({ kind: z.literal('answer'), ask: z.number(), bytes: Bytes }),
  z.object({ kind: z.literal('refusal'), ask: z.number(), error: WireError }),
]);
export type ToWorker = z.infer<typeof ToWorker>;

export const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), names: z.array(z.string()) }),
  z.object({ kind: z.literal('unusable'), message: z.string() }),
  /** Without `text`: it cannot be written as JSON. */
  z.object({ kind: z.literal('result'), call: z.number(), text: z.string().optional() }),
  z.object({ kind: z.literal('failure'), call: z.number(), error: WireError }),
  ObjectAsk.extend({
    kind: z.literal('get'),
    maxBytes: z.number().optional(),
    firstBytes: z.number().optional(),
  }),
  ObjectAsk.extend({ kind: z.literal('put'), body: Bytes, contentType: z.string().optional() }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** What a thread is started with. */
export const WorkerData = z.object({
  /** Module of the handlers; absent for those of the demo. */
  file: z.string().optional(),
  /** For `STEPCAST_REPORT_TOKEN` of the handlers; absent: what they report of their progress says nothing. */
  reportToken: z.string().optional(),
});
export type WorkerData = z.infer<typeof WorkerData>;

export function wireErrorOf(thrown: unknown): WireError {
  if (!isError(thrown)) return { name: 'Error', message: String(thrown) };
  const { name, message, stack } = thrown;
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}

export function errorOfWire({ name, message, stack }: WireError): Error {
  return Object.assign(new Error(message), { name, ...(stack === undefined ? {} : { stack }) });
}
