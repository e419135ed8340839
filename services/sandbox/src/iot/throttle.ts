import { AwsError } from '../core/index.ts';

/** Calls per second of each operation, by the "AWS IoT Core endpoints and quotas" page. */
export const IOT_CALLS_PER_SECOND = {
  AttachPolicy: 15,
  DetachPolicy: 15,
  ListAttachedPolicies: 15,
  ListTargetsForPolicy: 10,
  GetPolicy: 10,
  CreatePolicy: 10,
  DescribeEndpoint: 10,
} as const;

export type IotOperation = keyof typeof IOT_CALLS_PER_SECOND;

/**
 * A token bucket per operation that holds one second's worth.
 * @returns a function that takes a token, or throws AwsError `ThrottlingException`
 */
export function createThrottle(options: {
  readonly now: () => number;
  readonly perSecond: Readonly<Partial<Record<IotOperation, number>>>;
}): (operation: IotOperation) => void {
  const { now, perSecond } = options;
  const buckets = new Map<IotOperation, { tokens: number; filledAtMs: number }>();
  return (operation) => {
    const rate = perSecond[operation];
    if (rate === undefined) return;
    const bucket = buckets.get(operation) ?? { tokens: rate, filledAtMs: now() };
    const tokens = Math.min(rate, bucket.tokens + ((now() - bucket.filledAtMs) * rate) / 1_000);
    buckets.set(operation, { tokens: tokens >= 1 ? tokens - 1 : tokens, filledAtMs: now() });
    if (tokens < 1) throw new AwsError('ThrottlingException', 400, 'Rate exceeded');
  };
}
