import { parseJson, ProgressMessage } from '@stepcast/contracts';
import { connectAsync } from 'mqtt';
import * as z from 'zod';
import { answer, sharedNowMs } from './child.ts';
import { latencyKey } from './workload.ts';

/** Notes when the end of each state's visit arrives at a subscriber. Run as a process of its own: `… brokerUrl`. */
const Bare = z.object({ executionArn: z.string(), type: z.string(), name: z.string() });
const Question = z.object({ kind: z.enum(['begin', 'collect']), expected: z.number().default(0) });
/** The publisher may have its last PUBACK before the subscriber has the message. */
const PATIENCE_MS = 5_000;
const arrivals: [string, number][] = [];
/** Whatever arrives again is a duplicate, as where two correlators take turns with a stream: the first time counts. */
const seen = new Set<string>();
let messages = 0;
let onArrival: () => void = () => undefined;

function note(key: string, atMs: number): void {
  if (seen.has(key)) return;
  seen.add(key);
  arrivals.push([key, atMs]);
}

const client = await connectAsync(process.argv[2] ?? '', { clientId: `bench-subscriber-${process.pid}` });
client.on('message', (_topic, payload) => {
  const atMs = sharedNowMs();
  messages += 1;
  queueMicrotask(() => onArrival());
  const text = payload.toString('utf8');
  const bare = parseJson(Bare, text);
  if (bare.ok) {
    if (bare.value.type === 'TaskStateExited')
      note(latencyKey(bare.value.executionArn, bare.value.name), atMs);
    return;
  }
  const progress = parseJson(ProgressMessage, text);
  if (!progress.ok) return;
  for (const event of progress.value.data.events)
    if (event.kind === 'stepSucceeded')
      note(latencyKey(event.executionArn ?? '', event.step?.name ?? ''), atMs);
});
await client.subscribeAsync(['stepcast/v1/+/uploads/+/events', 'ceiling/#'], { qos: 1 });

answer(async (question) => {
  const { kind, expected } = Question.parse(question);
  if (arrivals.length < expected) {
    const enough = Promise.withResolvers<undefined>();
    onArrival = () => {
      if (arrivals.length >= expected) enough.resolve(undefined);
    };
    const patience = setTimeout(() => enough.resolve(undefined), PATIENCE_MS);
    await enough.promise;
    clearTimeout(patience);
  }
  const collected = { arrivals: kind === 'collect' ? arrivals.splice(0) : [], messages };
  arrivals.length = 0;
  messages = 0;
  return collected;
});
