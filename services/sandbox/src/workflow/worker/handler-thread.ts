import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { asError, type Timers } from '@stepcast/kit';
import { UserWorkflowError } from '../errors.ts';
import type { HandlerContext } from '../handler.ts';
import { errorOfWire, FromWorker, wireErrorOf, type ToWorker, type WorkerData } from './messages.ts';

const MAX_HEAP_MB = 512;
/** How long a handler that was aborted may take to end by itself. */
const GRACE_MS = 1_000;
const STARTS_WITHIN_MS = 20_000;

/** The thread ended while it had a call; the name is the one by which Lambda reports it. */
export class ThreadEndedError extends Error {
  override readonly name = 'Runtime.ExitError';
}

interface Running extends PromiseWithResolvers<unknown> {
  readonly call: number;
  readonly context: HandlerContext;
}

function newWorker(data: WorkerData): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  return new Worker(new URL(isSource ? 'handler-worker.ts' : 'handler-worker.js', import.meta.url), {
    workerData: data,
    stdout: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    ...(isSource
      ? { execArgv: ['--conditions=stepcast-source', '--disable-warning=ExperimentalWarning'] }
      : {}),
  });
}

/** Hears each line that the handlers print. @param functionName whose call runs; undefined between calls */
export type OnLine = (line: string, functionName: string | undefined) => void;

/** One thread with the handlers, which runs one call at a time. */
export class HandlerThread {
  readonly #worker: Worker;
  readonly #timers: Timers;
  readonly #started = Promise.withResolvers<readonly string[]>();
  readonly #ended = Promise.withResolvers<void>();
  #calls = 0;
  #running: Running | undefined;
  /** Function of the newest call. */
  #last: string | undefined;
  isGone = false;

  constructor(data: WorkerData, timers: Timers, onLine: OnLine) {
    this.#timers = timers;
    this.#worker = newWorker(data);
    createInterface({ input: this.#worker.stdout }).on('line', (line) => {
      // A line may come just behind the result of its call.
      this.#last = this.#running?.context.functionName ?? this.#last;
      onLine(line, this.#last);
    });
    // Nobody has to wait for a start that nobody asked about.
    this.#started.promise.catch(() => undefined);
    const cancel = timers.after(STARTS_WITHIN_MS, () => {
      this.#started.reject(new UserWorkflowError(`${data.file ?? 'the handlers'} did not load in time`));
      void this.end();
    });
    void this.#started.promise.then(cancel, cancel);
    this.#worker.on('message', (message: unknown) => {
      this.#hear(FromWorker.parse(message));
    });
    this.#worker.on('error', (thrown) => {
      this.#fail(asError(thrown));
    });
    this.#worker.on('exit', (code) => {
      this.#fail(new ThreadEndedError(`the process of the function ended with ${code}`));
      this.#ended.resolve();
    });
  }

  /** The names of the handlers, once they are loaded. @throws UserWorkflowError */
  started(): Promise<readonly string[]> {
    return this.#started.promise;
  }

  /** Runs a handler. When `context.signal` aborts and the handler does not end soon, the thread is ended. */
  async run(payload: unknown, context: HandlerContext): Promise<unknown> {
    await this.started();
    const { signal, functionName, attempt, executionArn } = context;
    signal.throwIfAborted();
    if (this.isGone) throw new ThreadEndedError('the process of the function has ended');
    const call = (this.#calls += 1);
    const running: Running = { ...Promise.withResolvers<unknown>(), call, context };
    this.#running = running;
    this.#last = functionName;
    let cancel: () => void = () => undefined;
    const onAbort = () => {
      this.#say({ kind: 'abort', call, error: wireErrorOf(signal.reason) });
      cancel = this.#timers.after(GRACE_MS, () => {
        void this.end();
      });
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#say({
      kind: 'call',
      call,
      functionName,
      attempt,
      executionArn,
      payload: JSON.stringify(payload ?? null),
    });
    try {
      return await running.promise;
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
      this.#running = undefined;
    }
  }

  /** Ends the thread at once, whatever it does. */
  end(): Promise<void> {
    this.isGone = true;
    void this.#worker.terminate();
    return this.#ended.promise;
  }

  #say(message: ToWorker): void {
    if (!this.isGone) this.#worker.postMessage(message);
  }

  #fail(error: Error): void {
    this.isGone = true;
    this.#started.reject(error);
    this.#running?.reject(error);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#started.resolve(message.names);
        return;
      case 'unusable':
        this.#started.reject(new UserWorkflowError(message.message));
        void this.end();
        return;
      case 'result':
        if (this.#running?.call !== message.call) return;
        this.#running.resolve(
          // What is no JSON is refused where the result is read, as a value that is none.
          message.text === undefined ? 1n : JSON.parse(message.text),
        );
        return;
      case 'failure':
        if (this.#running?.call === message.call) this.#running.reject(errorOfWire(message.error));
        return;
      case 'get':
      case 'put':
        void this.#answer(message);
    }
  }

  async #answer(asked: Extract<FromWorker, { readonly kind: 'get' | 'put' }>): Promise<void> {
    const { ask, bucket, key } = asked;
    const context = this.#running?.context;
    try {
      if (context === undefined) throw new ThreadEndedError('the call has ended');
      if (asked.kind === 'put') {
        const { body, contentType } = asked;
        await context.putObject(bucket, key, body, contentType === undefined ? {} : { contentType });
        this.#say({ kind: 'answer', ask, bytes: new Uint8Array() });
        return;
      }
      const { maxBytes, firstBytes } = asked;
      const bytes = await context.getObject(bucket, key, {
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...(firstBytes === undefined ? {} : { firstBytes }),
      });
      this.#say({ kind: 'answer', ask, bytes: Uint8Array.from(bytes) });
    } catch (thrown) {
      this.#say({ kind: 'refusal', ask, error: wireErrorOf(thrown) });
    }
  }
}
