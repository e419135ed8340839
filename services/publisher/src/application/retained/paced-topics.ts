import { createLru, type Clock, type Lru, type Timers } from '@stepcast/kit';
import type { AwaitedTurn, RetainedTurns } from './retained-turns.ts';

/** What became of a candidate. */
export type Retained =
  /** The topic holds it. `intervals`: how many shortest intervals pass before the next message, default 1. */
  | { readonly kind: 'retained'; readonly intervals?: number }
  /** Nothing was sent: the topic holds something newer, or the candidate was given up and dead-lettered. */
  | { readonly kind: 'dropped' }
  /** It could be neither retained nor dead-lettered. */
  | { readonly kind: 'failed'; readonly error: Error }
  /** The publisher was stopped. */
  | { readonly kind: 'abandoned' };

/**
 * Waits after a PUBACK until the topic may be written once more, for messages that belong to one candidate.
 * @param intervals how many shortest intervals have to pass, default 1
 * @returns `false` when the topics were stopped: nothing may be written any more
 */
export type WriteAgain = (intervals?: number) => Promise<boolean>;

/** What one kind of retained topic holds, and how it comes to the broker. */
export interface TopicContent<K, Candidate> {
  /** Of two candidates that wait for the same message, what is left to publish. */
  merge(waiting: Candidate, offered: Candidate): Candidate;
  /**
   * Publishes what the topic is to hold. Never rejects.
   * @param deferred whether the candidate had to wait for its time
   * @param again to be awaited before any message after the first
   */
  publish(key: K, candidate: Candidate, deferred: boolean, again: WriteAgain): Promise<Retained>;
}

/** Called once the topic holds the candidate or something newer, or with why it never will. */
export type OnRetained = (error: Error | undefined) => void;

interface Waiting<Candidate> {
  readonly candidate: Candidate;
  readonly sinceMs: number;
  readonly intervalMs: number;
  /** Somebody waits for the message, as for an end: it may use the part of the budget that is reserved for those. */
  readonly isUrgent: boolean;
  readonly callbacks: readonly OnRetained[];
}

/**
 * One topic.
 *
 * - `quiet`: nothing to publish.
 * - `due`: a candidate waits for its time. What is offered meanwhile merges with it, and may make the time earlier.
 * - `queued`: its time has come, and it waits for its turn. What is offered meanwhile merges with it, and may make it urgent.
 * - `sending`: a message is on its way. What is offered meanwhile waits behind it.
 *
 * quiet → due | queued; due → queued; queued → sending; sending → due | queued | quiet.
 */
interface Topic<K, Candidate> {
  readonly key: K;
  phase: 'quiet' | 'due' | 'queued' | 'sending';
  waiting: Waiting<Candidate> | undefined;
  /** When the last message was acknowledged, and for how many shortest intervals it counts. */
  last: { readonly atMs: number; readonly intervals: number };
  /** While `due`: what runs when its time has come. */
  timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  /** While `queued`. */
  turn: AwaitedTurn | undefined;
}

function newTopic<K, Candidate>(key: K): Topic<K, Candidate> {
  const last = { atMs: Number.NEGATIVE_INFINITY, intervals: 1 };
  return { key, phase: 'quiet', waiting: undefined, last, timer: undefined, turn: undefined };
}

const NO_CALLBACKS: readonly OnRetained[] = [];

/** What the times of quiet topics may take; one takes about 300 bytes with its key. */
const REMEMBERED_BYTES = 8 * 1024 * 1024;
const TOPIC_BYTES = 300;

export interface PacedTopicsOptions<K, Candidate> {
  readonly content: TopicContent<K, Candidate>;
  /** Between two messages of one topic, counted from the PUBACK of the first. Asked for each time. */
  readonly shortestIntervalMs: () => number;
  /** Of all retained topics together. */
  readonly turns: RetainedTurns;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Retained topics of one kind, each no more often than its interval allows, and always with the newest in the end. The
 * first candidate of a quiet topic leaves at once; what comes too soon after a message waits, and merges.
 */
export class PacedTopics<K extends string, Candidate> {
  readonly #options: PacedTopicsOptions<K, Candidate>;
  readonly #active = new Map<K, Topic<K, Candidate>>();
  readonly #quiet: Lru<K, Topic<K, Candidate>> = createLru({
    maxBytes: REMEMBERED_BYTES,
    bytesOf: () => TOPIC_BYTES,
  });
  /** Ends each wait for a further message at once. */
  readonly #pauses = new Set<() => void>();
  #isStopped = false;
  #isHurried = false;
  #onIdle: (() => void) | undefined;

  constructor(options: PacedTopicsOptions<K, Candidate>) {
    this.#options = options;
  }

  /**
   * Offers what the topic is to hold.
   * @param intervalMs how long after the last message it may have to wait; never less than the shortest interval
   * @param onRetained not called any more once the topics are stopped
   */
  offer(key: K, candidate: Candidate, intervalMs = 0, onRetained?: OnRetained): void {
    const callbacks = onRetained === undefined ? NO_CALLBACKS : [onRetained];
    const isUrgent = onRetained !== undefined;
    this.#add(key, { candidate, sinceMs: this.#options.clock.nowMs(), intervalMs, isUrgent, callbacks });
  }

  /**
   * Offers what nobody waits for but the caller, who has more of the kind: it uses nothing of the budget that is reserved for
   * those who wait.
   * Resolves when nothing is left to do for it; not any more once the topics are stopped.
   */
  repeat(key: K, candidate: Candidate): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const callbacks = [() => resolve()];
    const sinceMs = this.#options.clock.nowMs();
    this.#add(key, { candidate, sinceMs, intervalMs: 0, isUrgent: false, callbacks });
    return promise;
  }

  /** From now on a candidate waits for the shortest interval of its topic and the budget only, as before an end in good order. */
  hurry(): void {
    this.#isHurried = true;
    for (const topic of [...this.#active.values()]) if (topic.phase === 'due') this.#next(topic);
  }

  /** Calls off what waits for its time. */
  stop(): void {
    this.#isStopped = true;
    for (const { timer, turn } of this.#active.values()) {
      timer?.cancel();
      turn?.cancel();
    }
    this.#active.clear();
    for (const end of this.#pauses) end();
    this.#onIdle?.();
  }

  /** Resolves when nothing is left to publish. */
  idle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    if (this.#active.size === 0) resolve();
    return promise;
  }

  #add(key: K, offered: Waiting<Candidate>): void {
    const topic = this.#topicOf(key);
    const { waiting } = topic;
    topic.waiting =
      waiting === undefined
        ? offered
        : {
            candidate: this.#options.content.merge(waiting.candidate, offered.candidate),
            sinceMs: waiting.sinceMs,
            intervalMs: Math.min(waiting.intervalMs, offered.intervalMs),
            isUrgent: waiting.isUrgent || offered.isUrgent,
            callbacks:
              offered.callbacks.length === 0
                ? waiting.callbacks
                : [...waiting.callbacks, ...offered.callbacks],
          };
    if (topic.phase !== 'sending') this.#next(topic);
  }

  #topicOf(key: K): Topic<K, Candidate> {
    const active = this.#active.get(key);
    if (active !== undefined) return active;
    const topic = this.#quiet.get(key) ?? newTopic<K, Candidate>(key);
    this.#active.set(key, topic);
    return topic;
  }

  #enter(topic: Topic<K, Candidate>, phase: Topic<K, Candidate>['phase']): void {
    topic.timer?.cancel();
    topic.timer = undefined;
    topic.turn?.cancel();
    topic.turn = undefined;
    topic.phase = phase;
    if (phase !== 'quiet') return;
    this.#active.delete(topic.key);
    this.#quiet.set(topic.key, topic);
    if (this.#active.size === 0) this.#onIdle?.();
  }

  #next(topic: Topic<K, Candidate>): void {
    const { waiting } = topic;
    if (waiting === undefined) {
      this.#enter(topic, 'quiet');
      return;
    }
    const { clock, timers } = this.#options;
    const dueMs = this.#dueMs(topic, waiting);
    const waitMs = dueMs - clock.nowMs();
    if (waitMs <= 0) {
      this.#queue(topic, waiting);
      return;
    }
    // Most offers to a topic that waits change nothing: its timer runs first, and asks again.
    if (topic.timer !== undefined && topic.timer.dueMs <= dueMs) return;
    this.#enter(topic, 'due');
    const cancel = timers.after(waitMs, () => {
      topic.timer = undefined;
      this.#next(topic);
    });
    topic.timer = { dueMs, cancel };
  }

  #dueMs({ last }: Topic<K, Candidate>, { intervalMs }: Waiting<Candidate>): number {
    const askedMs = this.#isHurried ? 0 : intervalMs;
    return last.atMs + Math.max(askedMs, this.#options.shortestIntervalMs() * last.intervals);
  }

  #queue(topic: Topic<K, Candidate>, { isUrgent }: Waiting<Candidate>): void {
    // Most offers to a topic in the queue change nothing.
    if (topic.turn !== undefined && (topic.turn.isUrgent || !isUrgent)) return;
    this.#enter(topic, 'queued');
    const turn = this.#options.turns.ask(isUrgent, () => {
      const { waiting } = topic;
      this.#enter(topic, 'sending');
      topic.waiting = undefined;
      if (waiting !== undefined) void this.#send(topic, waiting);
    });
    if (turn !== undefined) topic.turn = turn;
  }

  async #send(
    topic: Topic<K, Candidate>,
    { candidate, sinceMs, isUrgent, callbacks }: Waiting<Candidate>,
  ): Promise<void> {
    const { content, clock } = this.#options;
    const nowMs = clock.nowMs();
    const again = (intervals = 1) => this.#writeAgain(intervals, isUrgent);
    const outcome = await content.publish(topic.key, candidate, nowMs > sinceMs, again);
    if (outcome.kind === 'abandoned') return;
    if (outcome.kind === 'retained')
      topic.last = { atMs: clock.nowMs(), intervals: Math.max(1, outcome.intervals ?? 1) };
    for (const callback of callbacks) callback(outcome.kind === 'failed' ? outcome.error : undefined);
    if (this.#active.get(topic.key) === topic) this.#next(topic);
  }

  async #writeAgain(intervals: number, isUrgent: boolean): Promise<boolean> {
    const { shortestIntervalMs, turns, timers } = this.#options;
    await this.#pause((done) => timers.after(shortestIntervalMs() * intervals, done));
    if (this.#isStopped) return false;
    await this.#pause((done) => {
      const turn = turns.ask(isUrgent, done);
      return () => turn?.cancel();
    });
    return !this.#isStopped;
  }

  /** @param begin begins what is waited for, and returns what calls it off */
  #pause(begin: (done: () => void) => () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = begin(resolve);
    const end = () => {
      cancel();
      resolve();
    };
    this.#pauses.add(end);
    return promise.finally(() => this.#pauses.delete(end));
  }
}
