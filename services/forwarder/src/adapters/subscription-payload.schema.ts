import { isObject } from '@stepcast/contracts';
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
type SubscriptionPayload = z.infer<typeof SubscriptionPayload>;

/** A payload as it comes. The compiled check goes through all properties of each log event. */
function isUsualPayload(value: unknown): value is SubscriptionPayload {
  return (
    isObject(value) &&
    typeof value.messageType === 'string' &&
    Array.isArray(value.logEvents) &&
    value.logEvents.every(isUsualEvent) &&
    !Object.hasOwn(value, '__proto__')
  );
}

function isUsualEvent(value: unknown): boolean {
  return isObject(value) && typeof value.message === 'string' && !Object.hasOwn(value, '__proto__');
}

export const compiledSubscriptionPayload = compileSchema(SubscriptionPayload, isUsualPayload);
