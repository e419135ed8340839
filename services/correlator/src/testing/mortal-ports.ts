import type { Timers } from '@stepcast/kit';
import type { Handover } from '@stepcast/wire';
import type { Passage, ProgressOutbox } from '../ports/progress-outbox.port.ts';
import type { createInMemoryPorts } from './in-memory-ports.ts';

type Ports = ReturnType<typeof createInMemoryPorts>;

/** When a process dies: at its n-th call of a port, before or after the call has had its effect. */
export interface Death {
  readonly atCall: number;
  readonly moment: 'before' | 'after';
}

/**
 * The life of a process. From its death on none of its calls has an effect and none returns, as after a crash: no error is
 * thrown that the process could handle.
 */
export class ProcessLife {
  readonly #death: Death | undefined;
  readonly #over = Promise.withResolvers<'dead'>();
  #calls = 0;
  #isDead = false;

  constructor(death?: Death) {
    this.#death = death;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** How many calls there were. */
  get calls(): number {
    return this.#calls;
  }

  /** Resolves at the death. */
  get over(): Promise<'dead'> {
    return this.#over.promise;
  }

  die(): void {
    this.#isDead = true;
    this.#over.resolve('dead');
  }

  async call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isDead) return forever();
    this.#calls += 1;
    const dies = this.#calls === this.#death?.atCall;
    if (dies && this.#death.moment === 'before') {
      this.die();
      return forever();
    }
    const result = await work();
    if (dies) this.die();
    return this.isDead ? forever() : result;
  }

  /** Timers that do not ring for the dead. */
  timers(timers: Timers): Timers {
    return {
      after: (delayMs, callback) =>
        timers.after(delayMs, () => {
          if (!this.#isDead) callback();
        }),
    };
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}

/** The port, as a process of this life sees it. Every method must return a promise. */
function mortal<T extends object>(port: T, life: ProcessLife): T {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) =>
        life.call(async () => {
          const result: unknown = await Reflect.apply(value, target, args);
          return result;
        });
    },
  });
}

/**
 * The next hop of several processes. It takes handovers in the order in which they arrive. A process may die before its
 * handover arrives, before it learns of that, or before what follows from it is done.
 */
export class SharedOutbox {
  readonly arrived: Handover[] = [];
  readonly #turns: () => number;

  /** @param turns how many turns of the promise queue a handover is on its way */
  constructor(turns: () => number = () => 1) {
    this.#turns = turns;
  }

  as(life: ProcessLife): ProgressOutbox {
    return {
      send: (handover): Passage => {
        const emitted = life.call(async () => {
          for (let left = this.#turns(); left > 0; left -= 1) await Promise.resolve();
          this.arrived.push(handover);
        });
        const settled = emitted.then(() => life.call(() => Promise.resolve()));
        return { emitted, settled };
      },
    };
  }
}

/** What a process of this life sees of shared stores. */
export function mortalPorts(ports: Ports, outbox: SharedOutbox, life: ProcessLife) {
  return {
    journal: mortal(ports.journal, life),
    executions: mortal(ports.executions, life),
    watchList: {
      watch: (...args: Parameters<Ports['watchList']['watch']>) =>
        life.call(() => ports.watchList.watch(...args)),
      unwatch: (...args: Parameters<Ports['watchList']['unwatch']>) =>
        life.call(() => ports.watchList.unwatch(...args)),
      pages: () => ports.watchList.pages(),
    },
    uploads: mortal(ports.uploads, life),
    waitingRoom: mortal(ports.waitingRoom, life),
    machines: mortal(ports.machines, life),
    directory: mortal(ports.directory, life),
    outbox: outbox.as(life),
    deadLetters: mortal(ports.deadLetters, life),
  };
}
