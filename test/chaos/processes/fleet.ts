import type { FrontDoor } from './front-door.ts';
import { compileService, LOG_LIMIT, startServiceProcess, type ServiceProcess } from './service-process.ts';
import { SERVICE_NAMES, type ServiceName } from './environment.ts';

/** A place in the deployment that always has a running copy. */
export interface Slot {
  readonly service: ServiceName;
  readonly name: string;
  process: ServiceProcess | undefined;
}

/** Something that a service did and should not have. */
export interface Mishap {
  readonly kind: 'crashed' | 'logTooLong' | 'notReady' | 'exitCode';
  readonly name: string;
  readonly detail: string;
}

/** How many of each service run all the time; none where nothing is said. */
export type Copies = Readonly<Partial<Record<ServiceName, number>>>;

export interface FleetOptions {
  readonly copies: Copies;
  readonly environment: (service: ServiceName) => Readonly<Record<string, string>>;
  /** Where callers find a service that is called. */
  readonly doors: Partial<Readonly<Record<ServiceName, FrontDoor>>>;
  /** Gets everything that a process wrote, once, when it has ended. */
  readonly onLog: (name: string, text: string) => void;
  readonly onMetrics: (name: string, text: string) => void;
}

const MAX_START_ATTEMPTS = 5;

/** The services of one deployment as processes, each brought back when it is gone, as an orchestrator does. */
export class Fleet {
  readonly slots: readonly Slot[];
  readonly mishaps: Mishap[] = [];
  readonly counts = { starts: 0, kills: 0, stops: 0 };
  readonly #options: FleetOptions;
  readonly #ending = new Set<Promise<unknown>>();
  #stopping = false;
  #lives = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.slots = SERVICE_NAMES.flatMap((service) =>
      Array.from({ length: options.copies[service] ?? 0 }, (_, index) => ({
        service,
        name: `${service} ${index + 1}`,
        process: undefined,
      })),
    );
  }

  /** Starts all and resolves when all answer. */
  async start(): Promise<void> {
    const services = new Set(this.slots.map(({ service }) => service));
    await Promise.all([...services].map(compileService));
    await Promise.all(this.slots.map((slot) => this.fill(slot, 0)));
  }

  /**
   * Starts a copy in a slot, beside the one that is there, which it replaces as soon as it answers. Resolves then.
   * @returns the copy that was there before and runs on
   */
  async fill(slot: Slot, clockShiftMs: number): Promise<ServiceProcess | undefined> {
    const before = slot.process;
    for (let attempt = 1; ; attempt += 1) {
      const process = await this.startCopy(slot.service, slot.name, clockShiftMs);
      if (process.child.exit() === undefined) {
        slot.process = process;
        this.#bringBack(slot, process);
        return before;
      }
      if (this.#stopping) return before;
      if (attempt === MAX_START_ATTEMPTS)
        throw new Error(`${slot.name} ended ${attempt} times at its start: ${process.child.output()}`);
    }
  }

  #bringBack(slot: Slot, process: ServiceProcess): void {
    void process.child.exited.then(() => {
      if (slot.process !== process) return;
      slot.process = undefined;
      if (!this.#stopping) this.#keep(this.fill(slot, 0));
    });
  }

  /** Work in the background: `stop` waits for it, and what goes wrong is a mishap. */
  #keep(work: Promise<unknown>): void {
    const ending = work
      .catch((thrown: unknown) => this.#mishap('notReady', 'fleet', String(thrown)))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** A copy in no slot: more of a service than usual. */
  async startCopy(service: ServiceName, name: string, clockShiftMs: number): Promise<ServiceProcess> {
    this.#lives += 1;
    this.counts.starts += 1;
    const life = `${name} #${this.#lives}${clockShiftMs === 0 ? '' : ` (clock ${clockShiftMs / 60_000} min)`}`;
    const process = await startServiceProcess({
      service,
      name: life,
      environment: this.#options.environment(service),
      clockShiftMs,
    });
    const door = this.#options.doors[service];
    void process.child.exited.then((exit) => {
      door?.remove(process.port);
      const text = process.child.output();
      this.#options.onLog(life, text);
      if (text.length >= LOG_LIMIT) this.#mishap('logTooLong', life, `${text.length} characters`);
      if (!process.wanted) this.#mishap('crashed', life, `${JSON.stringify(exit)} ${text.slice(-1_500)}`);
    });
    try {
      if (await process.ready()) door?.add(process.port);
    } catch (thrown) {
      this.#mishap('notReady', life, String(thrown));
      await process.kill();
    }
    return process;
  }

  /** SIGKILL, and a new copy in its place. Resolves when the new one answers. */
  async kill(slot: Slot): Promise<void> {
    const { process } = slot;
    if (process === undefined || process.child.exit() !== undefined) return;
    slot.process = undefined;
    this.counts.kills += 1;
    await process.kill();
    if (!this.#stopping) await this.fill(slot, 0);
  }

  /**
   * A rolling replacement: the old copy is asked to stop when the new one answers.
   * @returns resolves when the new copy answers; `stopped` when the old one has ended
   */
  async replace(slot: Slot, clockShiftMs: number): Promise<{ readonly stopped: Promise<void> }> {
    const before = await this.fill(slot, clockShiftMs);
    return { stopped: before === undefined ? Promise.resolve() : this.stopCopy(before) };
  }

  async stopCopy(process: ServiceProcess): Promise<void> {
    this.counts.stops += 1;
    await this.#readMetrics(process);
    this.#options.doors[slotService(process.name)]?.remove(process.port);
    const exit = await process.stop();
    if (exit.signal === 'SIGKILL') this.#mishap('exitCode', process.name, 'did not drain in time');
  }

  async killCopy(process: ServiceProcess): Promise<void> {
    this.counts.kills += 1;
    await process.kill();
  }

  /** Reads every metrics page once. */
  async readMetrics(): Promise<void> {
    for (const { process } of this.slots) if (process !== undefined) await this.#readMetrics(process);
  }

  /** Stops all; resolves when the last process has ended and its log was handed over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.readMetrics();
    await Promise.all(this.#ending);
    await Promise.all(
      this.slots.map(async ({ process }) => {
        await process?.stop();
      }),
    );
  }

  async #readMetrics(process: ServiceProcess): Promise<void> {
    const text = await process.metrics();
    if (text !== undefined) this.#options.onMetrics(process.name, text);
  }

  #mishap(kind: Mishap['kind'], name: string, detail: string): void {
    this.mishaps.push({ kind, name, detail });
  }
}

function slotService(name: string): ServiceName {
  const found = SERVICE_NAMES.find((service) => name.startsWith(service));
  if (found === undefined) throw new TypeError(`${name} names no service`);
  return found;
}
