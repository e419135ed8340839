import { createPayloadRoom, type PayloadRoom, type PayloadRoomOptions } from '@stepcast/forwarder';
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

export interface PayloadIntakeOptions extends Pick<PayloadRoomOptions, 'maxPayloads' | 'maxBytes'> {
  /** How long the sender of a payload waits at most, in milliseconds. */
  readonly timeoutMs: number;
  readonly timers: Timers;
  readonly metrics: Metrics;
}

/** Bounds what is in hand of payloads, in number, bytes and time. */
export interface PayloadIntake extends PayloadRoom {
  /**
   * Waits for the work on a payload as long as the time limit allows. The work itself is not cut off: it gives its room
   * back when it has ended, so that what is too slow does not pile up.
   * @throws PayloadPostponedError when the time is over
   */
  run<T>(leave: () => void, work: () => Promise<T>): Promise<T>;
}

export function createPayloadIntake(options: PayloadIntakeOptions): PayloadIntake {
  const { maxPayloads, maxBytes, timeoutMs, timers } = options;
  const postponed = options.metrics.counter(
    'payloads_postponed_total',
    'Payloads that have to be sent again, by reason: too much in hand, stopping, or time over',
    ['reason'],
  );
  const room = createPayloadRoom({
    maxPayloads,
    maxBytes,
    onNoRoom: (reason) => {
      postponed.add({ reason });
    },
  });

  return {
    ...room,

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
  };
}
