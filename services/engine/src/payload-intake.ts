import { StepcastError, type FailureKind, type Metrics, type Timers } from '@stepcast/kit';

/** A payload was not taken, or not in time. It is to be sent again. */
export class PayloadPostponedError extends StepcastError {
  readonly code = 'ENGINE_PAYLOAD_POSTPONED';
  readonly retryable = true;
  override readonly failure: FailureKind = 'infrastructure';
  constructor(reason: string) {
    super(`the payload was not taken: ${reason}`);
  }
}

export interface PayloadIntakeOptions {
  /** Payloads in hand at a time. */
  readonly maxPayloads: number;
  /**
   * What they may take together as they come in, compressed, for nothing else is known of them yet. Decoded, records of
   * tests took 9 to 17 times as much of the heap. One alone may take more.
   */
  readonly maxBytes: number;
  /** How long the sender of a payload waits at most, in milliseconds. */
  readonly timeoutMs: number;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** Bounds what is in hand of payloads, in number, bytes and time. */
export interface PayloadIntake {
  /** Reserves room. @returns what gives it back, once; undefined when there is none, or the intake is closed */
  enter(bytes: number): (() => void) | undefined;
  /**
   * Waits for the work on a payload as long as the time limit allows. The work itself is not cut off: it gives its room
   * back when it has ended, so that what is too slow does not pile up.
   * @throws PayloadPostponedError when the time is over
   */
  run<T>(leave: () => void, work: () => Promise<T>): Promise<T>;
  /** Takes no more. */
  close(): void;
}

export function createPayloadIntake(options: PayloadIntakeOptions): PayloadIntake {
  const { maxPayloads, maxBytes, timeoutMs, timers } = options;
  const postponed = options.metrics.counter(
    'payloads_postponed_total',
    'Payloads that have to be sent again, by reason: too much in hand, stopping, or time over',
    ['reason'],
  );
  let payloads = 0;
  let inHandBytes = 0;
  let closed = false;

  return {
    enter(bytes) {
      if (closed || payloads >= maxPayloads || (payloads > 0 && inHandBytes + bytes > maxBytes)) {
        postponed.add({ reason: closed ? 'stopping' : 'full' });
        return undefined;
      }
      payloads += 1;
      inHandBytes += bytes;
      let isInHand = true;
      return () => {
        if (!isInHand) return;
        isInHand = false;
        payloads -= 1;
        inHandBytes -= bytes;
      };
    },

    run<T>(leave: () => void, work: () => Promise<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const cancel = timers.after(timeoutMs, () => {
        postponed.add({ reason: 'time' });
        reject(new PayloadPostponedError(`not done within ${timeoutMs} ms`));
      });
      const ended = () => {
        cancel();
        leave();
      };
      // Whichever comes first counts. A race of promises, a pause and a signal took 1 µs an event.
      work().finally(ended).then(resolve, reject);
      return promise;
    },

    close() {
      closed = true;
    },
  };
}
