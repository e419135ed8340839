import { type EventLag, type Watched } from '../deployed/person.ts';
import { type LagsByName } from './hops.ts';
import { type Seen } from './probe.ts';
import { type Measured } from './report.ts';

/** What a run finds, as it goes. */
export class Findings {
  readonly seen: Seen[] = [];
  /** Besides facts, in one line each. */
  readonly failures: string[] = [];
  /** What of Ada's opened to Bob, in one line each. */
  readonly open: string[] = [];
  /** Of the services, by hop. */
  serviceHops: LagsByName = {};
  readonly #lags: EventLag[] = [];
  readonly #tookMs: number[] = [];
  #uploads = 0;
  #events = 0;

  /** @param isMeasured whether it counts for the times */
  add({ tookMs, lags, offsets }: Watched, isMeasured: boolean): void {
    this.used(offsets.length);
    if (!isMeasured) return;
    this.#tookMs.push(tookMs);
    this.#lags.push(...lags);
  }

  /** Counts an upload. @param events of its stream */
  used(events: number): void {
    this.#uploads += 1;
    this.#events += events;
  }

  /** When the first event of measured uploads happened, by its own time, in milliseconds since the epoch; undefined without events. */
  get firstEventMs(): number | undefined {
    return this.#lags.reduce<number | undefined>(
      (first, { atMs }) => Math.min(first ?? atMs, atMs),
      undefined,
    );
  }

  measured(): Omit<Measured, 'minutes'> {
    const toPage = Object.groupBy(this.#lags, ({ kind }) => kind);
    const msOf = (lags: readonly EventLag[]) => ({ values: lags.map(({ ms }) => ms) });
    return {
      hops: {
        ...this.serviceHops,
        'from an event until the page has it': msOf(this.#lags),
        'from the end of the upload to complete': { values: this.#tookMs },
      },
      kinds: Object.fromEntries(Object.entries(toPage).map(([kind, lags = []]) => [kind, msOf(lags)])),
      uploads: this.#uploads,
      events: this.#events,
    };
  }
}
