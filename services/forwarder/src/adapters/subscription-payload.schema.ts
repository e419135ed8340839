import { compileSchema } from '@stepcast/wire';
import * as z from 'zod';

/** What CloudWatch Logs hands a Lambda function (CloudWatch Logs user guide, "Subscription filters"). */
export const LambdaEnvelope = z.object({ awslogs: z.object({ data: z.string().min(1) }) });
export const compiledLambdaEnvelope = compileSchema(LambdaEnvelope);

/** One payload after decompression; loose, as only these are read. Empty strings occur in control messages. */
export const SubscriptionPayload = z.looseObject({
  messageType: z.string(),
  logEvents: z.array(z.looseObject({ message: z.string() })),
});

export const compiledSubscriptionPayload = compileSchema(SubscriptionPayload);
