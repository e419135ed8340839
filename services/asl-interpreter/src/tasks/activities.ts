/** A task that waits for a worker. */
export interface ActivityTask {
  readonly taskToken: string;
  /** JSON text. */
  readonly input: string;
  /** Called when a worker takes it. */
  readonly onStarted: (workerName: string | undefined) => void;
}

interface Queue {
  readonly tasks: ActivityTask[];
  readonly pollers: ((task: ActivityTask) => void)[];
}

/** Tasks of activities and the workers that ask for them, first come, first served. */
export class Activities {
  readonly #queues = new Map<string, Queue>();

  /** Hands a task to a worker that waits, or lets it wait for one. Gives a function that takes it back. */
  schedule(activityArn: string, task: ActivityTask): () => void {
    const queue = this.#queueOf(activityArn);
    const poller = queue.pollers.shift();
    if (poller === undefined) queue.tasks.push(task);
    else poller(task);
    return () => {
      const at = queue.tasks.indexOf(task);
      if (at >= 0) queue.tasks.splice(at, 1);
    };
  }

  /** The oldest task, as soon as there is one; undefined when the signal aborts first. */
  poll(
    activityArn: string,
    workerName: string | undefined,
    signal: AbortSignal,
  ): Promise<ActivityTask | undefined> {
    const queue = this.#queueOf(activityArn);
    const { promise, resolve } = Promise.withResolvers<ActivityTask | undefined>();
    const take = (task: ActivityTask): void => {
      signal.removeEventListener('abort', giveUp);
      task.onStarted(workerName);
      resolve(task);
    };
    const giveUp = (): void => {
      const at = queue.pollers.indexOf(take);
      if (at >= 0) queue.pollers.splice(at, 1);
      resolve(undefined);
    };
    if (signal.aborted) return Promise.resolve(undefined);
    const waiting = queue.tasks.shift();
    if (waiting === undefined) {
      queue.pollers.push(take);
      signal.addEventListener('abort', giveUp, { once: true });
    } else take(waiting);
    return promise;
  }

  #queueOf(activityArn: string): Queue {
    const existing = this.#queues.get(activityArn);
    if (existing !== undefined) return existing;
    const queue: Queue = { tasks: [], pollers: [] };
    this.#queues.set(activityArn, queue);
    return queue;
  }
}
