import { parseJson, ProgressMessage } from '@stepcast/contracts';
import { connectAsync } from 'mqtt';
import * as z from 'zod';
import { answer, sharedNowMs } from './child.ts';
import { latencyKey } from './workload.ts';

/** Notes when the end of each state's visit arrives at a subscriber. Run as a process of its own: `… brokerUrl`. */
const Bare = z.object({ executionArn: z.string(), type: z.string(), name: z.string() });
const Question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin') }),
  /** `keys`: what must be there. */
  z.object({ kind: z.literal('collect'), keys: z.array(z.string()) }),
]);
/** The publisher may have its last PUBACK before the subscriber has the message. */
const PATIENCE_MS = 5_000;
/** When each arrived first, since the question `begin`. What comes after that is a duplicate, as where two correlators take turns. */
const arrivals = new Map<string, number>();
let messages = 0;
let onArrival: (key: string) => void = () => undefined;

function note(key: string, atMs: number): void {
  if (arrivals.has(key)) return;
  arrivals.set(key, atMs);
  onArrival(key);
}

const client = await connectAsync(process.argv[2] ?? '', { clientId: `bench-subscriber-${process.pid}` });
client.on('message', (_topic, payload) => {
  const atMs = sharedNowMs();
  messages += 1;
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

/** Resolves when all have arrived, or too much time is over. What else arrives does not count: there is more than is measured. */
async function untilArrived(keys: readonly string[]): Promise<void> {
  const missing = new Set(keys.filter((key) => !arrivals.has(key)));
  if (missing.size === 0) return;
  const all = Promise.withResolvers<undefined>();
  onArrival = (key) => {
    if (missing.delete(key) && missing.size === 0) all.resolve(undefined);
  };
  const patience = setTimeout(() => all.resolve(undefined), PATIENCE_MS);
  await all.promise;
  clearTimeout(patience);
}

answer(async (question) => {
  const asked = Question.parse(question);
  if (asked.kind === 'collect') await untilArrived(asked.keys);
  const collected = { arrivals: asked.kind === 'collect' ? [...arrivals] : [], messages };
  onArrival = () => undefined;
  arrivals.clear();
  messages = 0;
  return collected;
});
