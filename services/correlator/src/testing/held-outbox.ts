import type { Handover } from '@stepcast/wire';
import type { Passage, ProgressOutbox } from '../ports/progress-outbox.port.ts';

interface Held {
  readonly handover: Handover;
  readonly emitted: PromiseWithResolvers<void>;
  readonly settled: PromiseWithResolvers<void>;
}

/** A next hop that answers when the test has it answer. */
export class HeldOutbox implements ProgressOutbox {
  readonly held: Held[] = [];

  send(handover: Handover): Passage {
    const one = { handover, emitted: Promise.withResolvers<void>(), settled: Promise.withResolvers<void>() };
    one.settled.promise.catch(() => undefined);
    this.held.push(one);
    return { emitted: one.emitted.promise, settled: one.settled.promise };
  }

  /** The handovers so far, as `first-last`, with `+state` where one goes along. */
  get log(): string[] {
    return this.held.map(
      ({ handover: { firstOffset, lastOffset, events, state } }) =>
        `${events === undefined ? 'state' : `${firstOffset}-${lastOffset}`}${state === undefined ? '' : '+state'}`,
    );
  }

  emit(index: number): void {
    this.held[index]?.emitted.resolve();
  }

  settle(index: number): void {
    this.emit(index);
    this.held[index]?.settled.resolve();
  }

  settleAll(): void {
    for (const index of this.held.keys()) this.settle(index);
  }
}
