import * as z from 'zod';

/** What fauxqs answers of a request that it refuses. */
export const ErrorBody = z.looseObject({ __type: z.string(), message: z.string().optional() });
/** What the sandbox reads, or changes, in the other replies. */
export const Reply = z.looseObject({
  QueueUrl: z.string().optional(),
  QueueUrls: z.array(z.string()).optional(),
  Attributes: z.record(z.string(), z.string()).optional(),
  Messages: z.array(z.looseObject({ ReceiptHandle: z.string() })).optional(),
});
export type Reply = z.infer<typeof Reply>;
