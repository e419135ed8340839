import * as z from 'zod';
import { parseJson } from '@stepcast/contracts';
import { connectAsync } from 'mqtt';
import { answer } from '../child.ts';
import { StreamAudit } from './stream-audit.ts';

/** Subscribes to the events of everybody and looks for holes. Run as a process of its own: `… brokerUrl`. */
const Message = z.object({
  data: z.object({
    uploadId: z.string(),
    epoch: z.string(),
    firstOffset: z.number(),
    lastOffset: z.number(),
    events: z.array(z.object({ kind: z.string(), nested: z.boolean().optional() })),
  }),
});
const ENDS = new Set(['executionSucceeded', 'executionFailed', 'executionTimedOut', 'executionAborted']);

const audit = new StreamAudit();
const client = await connectAsync(process.argv[2] ?? '', { clientId: `bench-auditor-${process.pid}` });
client.on('message', (_topic, payload) => {
  const parsed = parseJson(Message, payload.toString('utf8'));
  if (!parsed.ok) return;
  const { uploadId, epoch, firstOffset, lastOffset, events } = parsed.value.data;
  const isLast = events.some(({ kind, nested }) => nested !== true && ENDS.has(kind));
  audit.add({ stream: `${uploadId}#${epoch}`, firstOffset, lastOffset, isLast });
});
await client.subscribeAsync('stepcast/v1/+/uploads/+/events', { qos: 1 });

answer(() => Promise.resolve(audit.report()));
