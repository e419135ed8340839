import * as z from 'zod';

/** What a child that runs a path is asked, and answers. Times are milliseconds of `sharedNowMs()`. */
export const Setup = z.object({
  path: z.enum(['ceiling', 'twin', 'naive', 'feeder', 'engine']),
  brokerUrl: z.string(),
  /** Of the store (engine), of the service (feeder) or of the naive model's endpoints; '' for an engine in memory. */
  url: z.string(),
  /** Of queues and workflows. */
  cloudUrl: z.string(),
  /** Of an engine: names its table and its queues. */
  name: z.string(),
  executions: z.number(),
  seed: z.number(),
});
export type Setup = z.infer<typeof Setup>;

export const Question = z.discriminatedUnion('kind', [
  /** Makes payloads of whole executions for the next `run`, of about so many events. */
  z.object({ kind: z.literal('prepare'), events: z.number() }),
  /** Offers what was prepared, as fast as it is taken. */
  z.object({ kind: z.literal('run') }),
  /** Offers so many events of the executions that `pace` goes on with, as fast as they are taken. */
  z.object({ kind: z.literal('advance'), events: z.number() }),
  /** Offers events at a steady rate. */
  z.object({ kind: z.literal('pace'), eventsPerSecond: z.number(), seconds: z.number() }),
  /** Offers more than is taken, while fewer than `maxWaiting` messages wait in the events queue of `queuesUrl`. */
  z.object({
    kind: z.literal('overload'),
    eventsPerSecond: z.number(),
    seconds: z.number(),
    queuesUrl: z.string(),
    maxWaiting: z.number(),
  }),
  /** How much the twin sends from now on. */
  z.object({ kind: z.literal('volume'), messagesPerEvent: z.number(), bytesPerMessage: z.number() }),
]);
export type Question = z.infer<typeof Question>;

export const Prepared = z.object({ events: z.number() });

export const Ran = z.object({
  events: z.number(),
  beganMs: z.number(),
  /** When the last payload was acknowledged. */
  endedMs: z.number(),
  cpuSeconds: z.number(),
  messages: z.number(),
  bytes: z.number(),
  eventMessages: z.number(),
});
export type Ran = z.infer<typeof Ran>;

export const Paced = z.object({
  /** What each exit of a state is known by, and when it was offered. */
  offered: z.array(z.tuple([z.string(), z.number()])),
  events: z.number(),
  cpuSeconds: z.number(),
  beganMs: z.number(),
  /** Rate that was really offered. */
  eventsPerSecond: z.number(),
});
export type Paced = z.infer<typeof Paced>;

export const Overloaded = z.object({
  /** Log events that were taken, and those that stayed with the source. */
  taken: z.number(),
  heldBack: z.number(),
  tookSeconds: z.number(),
  /** Share of the time in which the backlog was at its bound. */
  fullShare: z.number(),
  peakWaiting: z.number(),
  /** Executions whose last record was taken since the workload began, in whatever measurement. */
  endedInAll: z.number(),
});
export type Overloaded = z.infer<typeof Overloaded>;

/** What every process under measurement answers. */
export const Usage = z.object({ cpuSeconds: z.number(), rssMb: z.number(), heapMb: z.number() });
export type Usage = z.infer<typeof Usage>;
