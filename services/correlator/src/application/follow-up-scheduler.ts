import { errorFields, fullJitterMs, type Clock, type Logger, type Timers } from '@stepcast/kit';
import { nameOf, subjectOf, type FollowUp } from './follow-ups.ts';

export interface FollowUpSchedulerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Does the work. @returns what follows from it */
  readonly run: (followUp: FollowUp) => Promise<readonly FollowUp[]>;
}

interface Due {
  readonly followUp: FollowUp;
  readonly attempt: number;
  readonly atMs: number;
  /** Calls its timer off; undefined when its time has come. */
  cancel: (() => void) | undefined;
}

/** What one name has: work under way, and what is due after it. */
interface Slot {
  readonly name: string;
  readonly lane: Lane;
  running: Promise<void> | undefined;
  next: Due | undefined;
  /** Waits for its turn. */
  isWaiting: boolean;
  /** Which has its turn next. */
  behind: Slot | undefined;
}

const RETRY = { baseMs: 500, capMs: 30_000 };
/** A follow-up that failed this often is left to the sweep. */
const MAX_RETRIES = 8;
/**
 * Follow-ups under way at a time, by what they wait for. Those that ask Step Functions wait for the budget of its API, which
 * may take minutes: none of them may take the places of others. Each may read a head from the journal and hold it.
 */
export const MAX_UNDER_WAY = {
  /** Not much fewer: the last of an execution lasts until the retained topics have it, a second or two. */
  journal: 128,
  /** About two seconds of what the budgets of DescribeExecution and GetExecutionHistory allow. */
  execution: 32,
  stateMachine: 8,
  mapRuns: 8,
} as const;
type LaneName = keyof typeof MAX_UNDER_WAY;

function laneOf({ kind }: FollowUp): LaneName {
  switch (kind) {
    case 'describe':
    case 'repair':
      return 'execution';
    case 'describeMachine':
      return 'stateMachine';
    case 'pollMapRuns':
      return 'mapRuns';
    default:
      return 'journal';
  }
}

/** Counts what is under way, and has what waits for its turn: a chain, which takes no memory beside the slots. */
class Lane {
  readonly #places: number;
  #underWay = 0;
  #first: Slot | undefined;
  #last: Slot | undefined;

  constructor(places: number) {
    this.#places = places;
  }

  get hasPlace(): boolean {
    return this.#underWay < this.#places;
  }

  get hasWaiting(): boolean {
    return this.#first !== undefined;
  }

  enter(): void {
    this.#underWay += 1;
  }

  leave(): void {
    this.#underWay -= 1;
  }

  wait(slot: Slot): void {
    slot.isWaiting = true;
    if (this.#last === undefined) this.#first = slot;
    else this.#last.behind = slot;
    this.#last = slot;
  }

  /** @returns whose turn it is; undefined when none waits, or there is no place */
  next(): Slot | undefined {
    const slot = this.#first;
    if (slot === undefined || !this.hasPlace) return undefined;
    this.#first = slot.behind;
    if (this.#first === undefined) this.#last = undefined;
    slot.isWaiting = false;
    slot.behind = undefined;
    return slot;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }
}

/**
 * The one place that schedules follow-ups. Of a name, one is under way and one is due at a time; the earlier of two wins.
 * What is due at once needs no timer, and what is due while its name is under way begins when that ends. Where no place is
 * free ({@link MAX_UNDER_WAY}), what is due waits for its turn, in the order in which its time came. A follow-up that fails is
 * tried again, later each time.
 */
export class FollowUpScheduler {
  readonly #options: FollowUpSchedulerOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #running = new Set<Promise<void>>();
  readonly #lanes: Readonly<Record<LaneName, Lane>> = {
    journal: new Lane(MAX_UNDER_WAY.journal),
    execution: new Lane(MAX_UNDER_WAY.execution),
    stateMachine: new Lane(MAX_UNDER_WAY.stateMachine),
    mapRuns: new Lane(MAX_UNDER_WAY.mapRuns),
  };
  #stopped = false;

  constructor(options: FollowUpSchedulerOptions) {
    this.#options = options;
  }

  schedule(followUps: Iterable<FollowUp>): void {
    for (const followUp of followUps) this.#add(followUp, followUp.afterMs, 0);
  }

  /** Resolves when nothing is under way or due at once. What is due later does not count. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Calls off what is due or waits for its turn, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of Object.values(this.#lanes)) lane.clear();
    for (const [name, slot] of this.#slots) {
      slot.next?.cancel?.();
      slot.next = undefined;
      if (slot.running === undefined) this.#slots.delete(name);
    }
    await this.idle();
  }

  #add(followUp: FollowUp, afterMs: number, attempt: number): void {
    if (this.#stopped) return;
    const name = nameOf(followUp);
    const slot = this.#slotOf(name, this.#lanes[laneOf(followUp)]);
    const atMs = this.#options.clock.nowMs() + Math.max(0, afterMs);
    if (slot.next !== undefined && slot.next.atMs <= atMs) return;
    slot.next?.cancel?.();
    const due: Due = { followUp, attempt, atMs, cancel: undefined };
    slot.next = due;
    if (afterMs <= 0) this.#begin(slot);
    else
      due.cancel = this.#options.timers.after(afterMs, () => {
        due.cancel = undefined;
        this.#begin(slot);
      });
  }

  #slotOf(name: string, lane: Lane): Slot {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot: Slot = {
      name,
      lane,
      running: undefined,
      next: undefined,
      isWaiting: false,
      behind: undefined,
    };
    this.#slots.set(name, slot);
    return slot;
  }

  /** Begins what is due when there is room, unless the name is under way: then its end begins it. */
  #begin(slot: Slot): void {
    const due = slot.next;
    if (due === undefined || slot.running !== undefined || slot.isWaiting || due.cancel !== undefined) return;
    const { lane } = slot;
    if (!lane.hasPlace) {
      lane.wait(slot);
      return;
    }
    slot.next = undefined;
    lane.enter();
    const work = this.#run(due).finally(() => {
      slot.running = undefined;
      lane.leave();
      this.#running.delete(work);
      if (slot.next === undefined) this.#slots.delete(slot.name);
      // Behind those that wait already, so that one name does not keep its place for itself.
      else if (!lane.hasWaiting) this.#begin(slot);
      else if (slot.next.cancel === undefined) lane.wait(slot);
      this.#beginWaiting(lane);
    });
    slot.running = work;
    this.#running.add(work);
  }

  #beginWaiting(lane: Lane): void {
    for (let slot = lane.next(); slot !== undefined; slot = lane.next()) this.#begin(slot);
  }

  /** Never rejects. */
  async #run({ followUp, attempt }: Due): Promise<void> {
    const { run, logger, random } = this.#options;
    try {
      this.schedule(await run(followUp));
    } catch (thrown) {
      logger.warn(
        { followUp: followUp.kind, attempt, ...subjectOf(followUp), ...errorFields(thrown) },
        'follow-up failed',
      );
      if (attempt < MAX_RETRIES)
        this.#add(followUp, RETRY.baseMs + fullJitterMs(attempt, RETRY, random), attempt + 1);
    }
  }
}
