import type { DeadLetters, GivenUp, Handover } from '@stepcast/wire';
import type { Passage, ProgressOutbox } from '../ports/progress-outbox.port.ts';
import { FailureSwitch } from './failure-switch.ts';

/** A next hop that takes every handover at once. */
export class InMemoryOutbox implements ProgressOutbox {
  readonly sent: Handover[] = [];
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  send(handover: Handover): Passage {
    const sent = this.#failures.guard(() => {
      this.sent.push(handover);
    });
    return { emitted: sent, settled: sent };
  }
}

export class InMemoryDeadLetters implements DeadLetters {
  readonly letters: GivenUp[] = [];
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  send(letters: readonly GivenUp[]): Promise<void> {
    return this.#failures.guard(() => {
      this.letters.push(...letters);
    });
  }
}
