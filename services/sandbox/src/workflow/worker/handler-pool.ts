import type { Timers } from '@stepcast/kit';
import type { HandlerContext } from '../handler.ts';
import { HandlerThread, ThreadEndedError, type OnLine } from './handler-thread.ts';
import type { WorkerData } from './messages.ts';

/** Handlers in threads of their own: what they compute holds up nothing but themselves. */
export interface HandlerPool {
  /** The names of the handlers. @throws UserWorkflowError when they cannot be loaded */
  names(): Promise<readonly string[]>;
  /**
   * Runs a handler when a thread is free. When the signal aborts, a handler that does not end by itself is ended with its
   * thread, also in the middle of a computation.
   */
  run(payload: unknown, context: HandlerContext): Promise<unknown>;
  /** Ends every thread once it has no call any more. Calls that are made later are refused. */
  retire(): Promise<void>;
  /** Ends every thread at once. */
  close(): Promise<void>;
}

export interface HandlerPoolOptions extends WorkerData {
  /** Calls at a time; what is beyond waits for its turn. */
  readonly threads: number;
  readonly timers: Timers;
  /** Hears each line that handlers print. Default: standard output does. */
  readonly onLine?: OnLine | undefined;
}

const print: OnLine = (line) => {
  process.stdout.write(`${line}\n`);
};

export function createHandlerPool({
  threads,
  timers,
  onLine = print,
  ...data
}: HandlerPoolOptions): HandlerPool {
  const all = new Set<HandlerThread>();
  const idle: HandlerThread[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;
  let isClosed = false;
  let isRetired = false;
  let first: HandlerThread | undefined;

  function newThread(): HandlerThread {
    const thread = new HandlerThread(data, timers, onLine);
    all.add(thread);
    return thread;
  }

  /** Waits for a turn. Giving one up leaves `busy` as it is. */
  async function enter(signal: AbortSignal): Promise<void> {
    if (busy < threads) {
      busy += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => {
      waiting.splice(waiting.indexOf(resolve), 1);
      reject(signal.reason);
    };
    waiting.push(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal.removeEventListener('abort', onAbort);
  }

  function leave(thread: HandlerThread): void {
    if (thread.isGone) all.delete(thread);
    else if (isRetired) void thread.end();
    else idle.push(thread);
    giveUpTurn();
  }

  function giveUpTurn(): void {
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
  }

  function takeIdle(): HandlerThread {
    for (let thread = idle.pop(); thread !== undefined; thread = idle.pop()) {
      if (!thread.isGone) return thread;
      all.delete(thread);
    }
    return newThread();
  }

  return {
    async names() {
      if (first === undefined) idle.push((first = newThread()));
      return first.started();
    },
    async run(payload, context) {
      context.signal.throwIfAborted();
      await enter(context.signal);
      if (isClosed) {
        giveUpTurn();
        throw new ThreadEndedError('the sandbox is stopping');
      }
      const thread = takeIdle();
      try {
        return await thread.run(payload, context);
      } finally {
        leave(thread);
      }
    },
    async retire() {
      isRetired = true;
      await Promise.all(idle.splice(0).map((thread) => thread.end()));
    },
    async close() {
      isClosed = true;
      await Promise.all([...all].map((thread) => thread.end()));
      all.clear();
    },
  };
}
