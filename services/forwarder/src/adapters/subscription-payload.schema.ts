import { ExecutionArn } from '@stepcast/contracts';
import * as z from 'zod';

/** What CloudWatch Logs hands a Lambda function (CloudWatch Logs user guide, "Subscription filters"). */
export const LambdaEnvelope = z.object({ awslogs: z.object({ data: z.string().min(1) }) });

/** One payload after decompression. Empty strings occur in control messages. */
export const SubscriptionPayload = z.object({
  messageType: z.string(),
  logEvents: z.array(z.object({ message: z.string() })),
});

/** Numbers stand as decimal text in log records. */
const Digits = z.union([
  z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number as text')
    .transform(Number),
  z.number().int().min(0),
]);

/** A Step Functions log record; unknown keys are tolerated. `redrive_count` is missing before November 2023. */
export const LogRecord = z.object({
  id: Digits.refine((id) => id >= 1, 'expected at least 1'),
  type: z.string().min(1),
  details: z.unknown(),
  previous_event_id: Digits,
  event_timestamp: Digits,
  execution_arn: ExecutionArn,
  redrive_count: Digits.default(0),
});
