import { gunzipSync } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createWorkload } from '../workload.ts';
import { NOTHING_SENT } from './path.ts';
import { createRunner } from './runner.ts';

const Payload = z.object({ logEvents: z.array(z.object({ message: z.string() })) });
const Line = z.object({ type: z.string(), execution_arn: z.string() });

function read<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new Error(text);
  return parsed.value;
}

/** Runs so many events, and counts executions: all of them, and those under way at a time at most. */
async function executionsOf(events: number): Promise<{ total: number; mostAtOnce: number }> {
  const underWay = new Set<string>();
  let [total, mostAtOnce] = [0, 0];
  const runner = createRunner({
    path: {
      offer(data) {
        const text = gunzipSync(Buffer.from(data, 'base64')).toString('utf8');
        for (const { message } of read(Payload, text).logEvents) {
          const { type, execution_arn: arn } = read(Line, message);
          if (type === 'ExecutionStarted') total += 1;
          underWay.add(arn);
          mostAtOnce = Math.max(mostAtOnce, underWay.size);
          if (type === 'ExecutionSucceeded') underWay.delete(arn);
        }
        return Promise.resolve();
      },
      sent: () => NOTHING_SENT,
      stop: () => Promise.resolve(),
    },
    workload: createWorkload({ executions: 8 }),
    executions: 8,
    seed: 1,
    lanes: 1,
    minExecutions: 5,
  });
  expect(runner.prepare(events).events).toBe((await runner.run()).events);
  return { total, mostAtOnce };
}

describe('a run of the bench', () => {
  it.each([
    ['a short one', 52 * 2, { total: 5, mostAtOnce: 5 }],
    ['one of as many', 52 * 8, { total: 8, mostAtOnce: 8 }],
    ['a long one', 52 * 24, { total: 24, mostAtOnce: 8 }],
  ])('has no more executions under way than was asked for (%s)', async (_name, events, expected) => {
    expect(await executionsOf(events)).toEqual(expected);
  });
});
