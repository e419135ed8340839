import type { DeadLetters, GivenUp, Handover } from '@stepcast/wire';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';
import { copy } from './copy.ts';
import { FailureSwitch } from './failure-switch.ts';

export class InMemoryOutbox implements ProgressOutbox {
  readonly sent: Handover[] = [];
  readonly #failures: FailureSwitch;

  constructor(failures = new FailureSwitch()) {
    this.#failures = failures;
  }

  send(handovers: readonly Handover[]): Promise<void> {
    return this.#failures.guard(() => {
      this.sent.push(...copy(handovers));
    });
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
