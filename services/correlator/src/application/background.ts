import { errorFields, fullJitterMs, type Logger, type Timers } from '@stepcast/kit';

/**
 * Work that no message waits for: repairs, look-ups, polls. Each piece has a name; one piece of a name is under way or
 * due at a time. A piece that fails comes again, later each time; the sweep finds what even that forgets.
 */
export interface Background {
  /** Runs `task` after `delayMs`, unless a task of that name is due or under way. */
  after(name: string, delayMs: number, task: () => Promise<void>): void;
  /** Resolves when nothing is under way; tasks that are due later do not count. */
  idle(): Promise<void>;
  /** Calls off what is due, and resolves when nothing is under way. */
  stop(): Promise<void>;
}

const RETRY = { baseMs: 500, capMs: 30_000 };
/** A task that failed this often is left to the sweep. */
const MAX_RETRIES = 8;

export function createBackground(options: {
  readonly timers: Timers;
  readonly logger: Logger;
  readonly random: () => number;
}): Background {
  const { timers, logger, random } = options;
  const due = new Map<string, () => void>();
  const running = new Map<string, Promise<void>>();
  let stopped = false;

  function schedule(name: string, delayMs: number, task: () => Promise<void>, attempt: number): void {
    if (stopped || due.has(name)) return;
    const cancel = timers.after(delayMs, () => {
      due.delete(name);
      if (running.has(name)) {
        schedule(name, delayMs, task, attempt);
        return;
      }
      const work = run(name, task, attempt);
      running.set(name, work);
      void work.finally(() => running.delete(name));
    });
    due.set(name, cancel);
  }

  async function run(name: string, task: () => Promise<void>, attempt: number): Promise<void> {
    try {
      await task();
    } catch (thrown) {
      logger.warn({ task: name.split(':')[0], attempt, ...errorFields(thrown) }, 'background task failed');
      if (attempt < MAX_RETRIES) {
        const delayMs = RETRY.baseMs + fullJitterMs(attempt, RETRY, random);
        schedule(name, delayMs, task, attempt + 1);
      }
    }
  }

  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values());
  }

  return {
    after(name, delayMs, task) {
      schedule(name, delayMs, task, 0);
    },
    idle,
    async stop() {
      stopped = true;
      for (const cancel of due.values()) cancel();
      due.clear();
      await idle();
    },
  };
}
