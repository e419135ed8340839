import { silentLogger, type Logger } from '../../logger.ts';
import { ManualTime } from '../../testing.ts';
import {
  createSqsReader,
  type ReceivedMessage,
  type SqsReader,
  type SqsReaderOptions,
} from '../sqs-reader.adapter.ts';
import { InMemorySqs } from './in-memory-sqs.ts';

/** A reader of a queue in memory, on a manual clock. The test settles what it receives. */
export interface World {
  readonly time: ManualTime;
  readonly sqs: InMemorySqs;
  readonly reader: SqsReader;
  readonly received: ReceivedMessage[];
  readonly logged: string[];
  message(id: string): ReceivedMessage;
}

export function readerWorld(
  options: Partial<SqsReaderOptions> & {
    readonly fifo?: boolean;
    readonly messages?: readonly string[];
  } = {},
): World {
  const { fifo = false, messages = [], ...overrides } = options;
  const time = new ManualTime();
  const sqs = new InMemorySqs(time, { fifo });
  for (const id of messages) sqs.put(id, fifo ? id.slice(0, 1) : undefined);
  const received: ReceivedMessage[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string) => {
    logged.push(message);
  };
  const logger: Logger = { ...silentLogger, info: log, warn: log, error: log };
  const reader = createSqsReader({
    sqs,
    queueUrl: sqs.queueUrl,
    logger,
    clock: time,
    timers: time,
    random: () => 0.5,
    pollers: 1,
    maxInHand: 20,
    visibilityTimeoutSeconds: 8,
    waitTimeSeconds: 2,
    onMessages: (batch) => {
      received.push(...batch);
    },
    ...overrides,
  });
  return {
    time,
    sqs,
    reader,
    received,
    logged,
    message(id) {
      const found = received.findLast((one) => one.id === id);
      if (found === undefined) throw new Error(`${id} was not received`);
      return found;
    },
  };
}

/** `m0`, `m1`, … */
export const ids = (count: number) => Array.from({ length: count }, (_unused, index) => `m${index}`);
/** How many entries each call of an operation had. */
export const callsOf = (sqs: InMemorySqs, operation: string) =>
  sqs.calls.filter((call) => call.operation === operation).map(({ entries }) => entries);

/** Stops, while time passes. */
export async function stopped({ reader, time }: World, graceMs: number, signal?: AbortSignal): Promise<void> {
  const stop = reader.stop({ graceMs, ...(signal === undefined ? {} : { signal }) });
  await time.advance(20_000);
  await stop;
}
