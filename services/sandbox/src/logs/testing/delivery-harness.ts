import { gunzipSync } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import { z } from 'zod';
import { createLogDelivery, type LogDeliveryOptions, type LogProblem } from '../index.ts';
import type { LoggedHistory, LogLevel, SubscriptionPayload } from '../types.ts';
import { FakeTime } from './fake-time.ts';

const Message = z.strictObject({
  messageType: z.literal('DATA_MESSAGE'),
  owner: z.string(),
  logGroup: z.string(),
  logStream: z.string(),
  subscriptionFilters: z.array(z.string()),
  logEvents: z.array(z.strictObject({ id: z.string(), timestamp: z.number(), message: z.string() })),
});

export function decode(payload: SubscriptionPayload) {
  const parsed = parseJson(Message, gunzipSync(Buffer.from(payload.awslogs.data, 'base64')).toString('utf8'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

export function idsOf(payloads: readonly SubscriptionPayload[]): number[] {
  return payloads.flatMap((payload) =>
    decode(payload).logEvents.map(({ message }) => {
      const parsed = parseJson(z.object({ id: z.string() }), message);
      return parsed.ok ? Number(parsed.value.id) : NaN;
    }),
  );
}

export function history(
  ids: readonly number[],
  options: { readonly level?: LogLevel; readonly machine?: string } = {},
): LoggedHistory {
  const machine = options.machine ?? 'ProgressPipeline';
  return {
    execution: {
      executionArn: `arn:aws:states:us-east-1:111122223333:execution:${machine}:run`,
      stateMachineName: machine,
      redriveCount: 0,
    },
    loggingConfiguration: {
      level: options.level ?? 'ALL',
      includeExecutionData: true,
      destinations: [
        { logGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/P-Logs:*' },
      ],
    },
    events: ids.map((id) => ({
      id,
      previousEventId: id - 1,
      type: 'PassStateEntered',
      timestampMs: 1793700930123 + id,
      details: { name: 'S', input: `{"text":"${'x'.repeat(200)}"}`, inputDetails: { truncated: false } },
    })),
  };
}

export function setUp(options: Partial<LogDeliveryOptions> = {}) {
  const time = new FakeTime();
  const taken: SubscriptionPayload[] = [];
  const problems: LogProblem[] = [];
  const delivery = createLogDelivery({
    accountId: '111122223333',
    clock: time,
    timers: time,
    random: () => 0,
    deliver: (payload) => Promise.resolve(void taken.push(payload)),
    onProblem: (problem) => void problems.push(problem),
    ...options,
  });
  return { time, taken, problems, delivery };
}

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
