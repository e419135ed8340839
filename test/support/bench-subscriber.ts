import { parseJson, ProgressMessage } from '@stepcast/contracts';
import { connectAsync } from 'mqtt';
import * as z from 'zod';
import { answer, sharedNowMs } from './bench-child.ts';
import { latencyKey } from './bench-workload.ts';

/** Notes when the end of each state's visit arrives at a subscriber. Run as a process of its own: `… brokerUrl`. */
const Bare = z.object({ executionArn: z.string(), type: z.string(), name: z.string() });
const Question = z.enum(['begin', 'collect']);
const arrivals: [string, number][] = [];
let messages = 0;

const client = await connectAsync(process.argv[2] ?? '', { clientId: `bench-subscriber-${process.pid}` });
client.on('message', (_topic, payload) => {
  const atMs = sharedNowMs();
  messages += 1;
  const text = payload.toString('utf8');
  const bare = parseJson(Bare, text);
  if (bare.ok) {
    if (bare.value.type === 'TaskStateExited')
      arrivals.push([latencyKey(bare.value.executionArn, bare.value.name), atMs]);
    return;
  }
  const progress = parseJson(ProgressMessage, text);
  if (!progress.ok) return;
  for (const event of progress.value.data.events)
    if (event.kind === 'stepSucceeded')
      arrivals.push([latencyKey(event.executionArn ?? '', event.step?.name ?? ''), atMs]);
});
await client.subscribeAsync(['stepcast/v1/+/uploads/+/events', 'ceiling/#'], { qos: 1 });

answer((question) => {
  const asked = Question.parse(z.object({ kind: z.string() }).parse(question).kind);
  const collected = { arrivals: asked === 'collect' ? arrivals.splice(0) : [], messages };
  arrivals.length = 0;
  messages = 0;
  return Promise.resolve(collected);
});
