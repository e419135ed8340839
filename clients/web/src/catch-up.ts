import {
  CATCH_UP_MAX_UPLOADS,
  type CatchUpRequest,
  type Overview,
  type Position,
  SessionId,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import { backoffDelayMs, type BackoffOptions } from './backoff.ts';
import { asError, StepcastError } from './errors.ts';
import type { ReadReply } from './messages.ts';
import { randomName, type Runtime } from './runtime.ts';
import type { UploadStream } from './upload-stream.ts';

/** No page for this long: the request or its answer is lost. */
const PAGE_TIMEOUT_MS = 10_000;
/** Answers that fill nothing before a hole is declared for good, and before a `futureOffset` is believed. */
const MAX_FRUITLESS = 3;
/** Pages that came before the one in front of them. A sane reply is far shorter. */
const MAX_EARLY_PAGES = 256;
const retryBackoff: BackoffOptions = { baseMs: 1_000, capMs: 30_000 };

interface CatchUpParts {
  readonly runtime: Runtime;
  readonly publish: (request: CatchUpRequest) => Promise<void>;
  readonly streamOf: (uploadId: UploadId) => UploadStream | undefined;
  readonly onOverview: (overview: Overview) => void;
  readonly warn: (warning: StepcastError) => void;
}

interface Asked {
  readonly position: Position | null;
  snapshot: UploadState | undefined;
  /** The service said that the position lies in the future. */
  future: boolean;
}

interface InFlight {
  readonly requestId: SessionId;
  readonly uploads: ReadonlyMap<UploadId, Asked>;
  readonly overview: boolean;
  readonly pages: Map<number, ReadReply>;
  nextPage: number;
  cancelTimer: () => void;
}

/**
 * Asks the service for what was missed: one request at a time, for up to 50 uploads, pages applied in their order.
 *
 * `idle` (nothing wanted, or not connected) → `asking` (a request is out) → `idle`, or `waiting` (refused, unanswered, or fruitless; a timer runs) →
 * `asking`. A hole that the service answers three times without filling is given up, aloud. A request that is not answered
 * is asked again for ever, ever more slowly: silence is no reason to leave events out.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  /** Uploads to ask about, with the number of fruitless answers so far. */
  readonly #wanted = new Map<UploadId, number>();
  #wantsOverview = false;
  #connected = false;
  #scheduled = false;
  #inFlight: InFlight | undefined;
  #cancelWait: (() => void) | undefined;
  #failures = 0;
  #batchSize = CATCH_UP_MAX_UPLOADS;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Asks about an upload as soon as possible. Several in the same turn share one request. */
  want(uploadId: UploadId): void {
    if (!this.#wanted.has(uploadId) && this.#inFlight?.uploads.has(uploadId) !== true)
      this.#wanted.set(uploadId, 0);
    this.#schedule();
  }

  wantOverview(): void {
    this.#wantsOverview = true;
    this.#schedule();
  }

  forget(uploadId: UploadId): void {
    this.#wanted.delete(uploadId);
  }

  /** Subscribed: requests can be answered from now on. */
  connected(): void {
    this.#connected = true;
    this.#failures = 0;
    this.#schedule();
  }

  /** Nothing that is out will be answered; the next connection asks anew about everything. */
  disconnected(): void {
    this.#connected = false;
    this.#inFlight?.cancelTimer();
    this.#inFlight = undefined;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#wanted.clear();
    this.#wantsOverview = false;
  }

  /** A page has come on the topic of this session. */
  receive(page: ReadReply): void {
    const asked = this.#inFlight;
    // An answer to a request that was given up: what it brings was asked for again.
    if (asked === undefined || (page.requestId !== null && page.requestId !== asked.requestId)) return;
    if (page.refusal !== undefined) {
      this.#refused(asked, page.refusal);
      return;
    }
    if (page.page < asked.nextPage || asked.pages.size >= MAX_EARLY_PAGES) return;
    asked.pages.set(page.page, page);
    this.#armTimer(asked);
    for (;;) {
      const next = asked.pages.get(asked.nextPage);
      if (next === undefined) return;
      asked.pages.delete(asked.nextPage);
      asked.nextPage += 1;
      this.#applyPage(asked, next);
      if (!next.last) continue;
      this.#settle(asked);
      return;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#ask();
    });
  }

  #ask(): void {
    const idle = this.#inFlight === undefined && this.#cancelWait === undefined;
    if (!this.#connected || !idle || (this.#wanted.size === 0 && !this.#wantsOverview)) return;
    const uploads = new Map<UploadId, Asked>();
    for (const uploadId of [...this.#wanted.keys()].slice(0, this.#batchSize)) {
      const stream = this.#parts.streamOf(uploadId);
      if (stream === undefined) this.#wanted.delete(uploadId);
      else uploads.set(uploadId, { position: stream.requestPosition, snapshot: undefined, future: false });
    }
    const overview = this.#wantsOverview;
    if (uploads.size === 0 && !overview) return;
    this.#wantsOverview = false;
    const requestId = SessionId.parse(randomName(this.#parts.runtime));
    const asked: InFlight = {
      requestId,
      uploads,
      overview,
      pages: new Map(),
      nextPage: 1,
      cancelTimer: () => undefined,
    };
    this.#inFlight = asked;
    this.#armTimer(asked);
    const request: CatchUpRequest = {
      requestId,
      overview,
      uploads: [...uploads].map(([uploadId, { position }]) => ({ uploadId, position })),
    };
    this.#parts.publish(request).catch((thrown: unknown) => {
      if (this.#inFlight !== asked) return;
      const cause = asError(thrown);
      this.#parts.warn(
        new StepcastError('catchUpUnanswered', `a catch-up request was not sent: ${cause.message}`, {
          cause,
        }),
      );
      this.#later(asked, undefined);
    });
  }

  #armTimer(asked: InFlight): void {
    asked.cancelTimer();
    asked.cancelTimer = this.#parts.runtime.setTimer(() => {
      this.#parts.warn(new StepcastError('catchUpUnanswered'));
      this.#later(asked, undefined);
    }, PAGE_TIMEOUT_MS);
  }

  #applyPage(asked: InFlight, page: ReadReply): void {
    for (const item of page.items) {
      const upload = asked.uploads.get(item.uploadId);
      const stream = this.#parts.streamOf(item.uploadId);
      if (upload === undefined || stream === undefined) continue;
      if (item.kind === 'state') upload.snapshot = item.state;
      if (item.kind !== 'discontinuity') stream.takeItem(item);
      // A read that lags behind what was published looks like a position in the future. Ask again before believing it.
      else if (item.reason === 'futureOffset' && (this.#wanted.get(item.uploadId) ?? 0) + 1 < MAX_FRUITLESS)
        upload.future = true;
      else stream.interrupted(item.reason, upload.position, upload.snapshot);
    }
    if (page.overview !== undefined) this.#parts.onOverview(page.overview);
  }

  #settle(asked: InFlight): void {
    this.#done(asked);
    this.#failures = 0;
    let fruitless = false;
    for (const [uploadId, upload] of asked.uploads) {
      const stream = this.#parts.streamOf(uploadId);
      const before = this.#wanted.get(uploadId) ?? 0;
      this.#wanted.delete(uploadId);
      if (stream === undefined) continue;
      const advanced = !samePosition(stream.requestPosition, upload.position);
      if (!upload.future && !stream.behind && (!advanced || stream.requestPosition !== null)) {
        stream.synchronised();
        continue;
      }
      if (advanced) this.#wanted.set(uploadId, 0);
      else if (before + 1 < MAX_FRUITLESS) {
        this.#wanted.set(uploadId, before + 1);
        fruitless = true;
      } else {
        stream.giveUp();
        stream.synchronised();
      }
    }
    if (fruitless) this.#wait(backoffDelayMs(0, () => this.#parts.runtime.random(), retryBackoff));
    else this.#schedule();
  }

  #refused(asked: InFlight, refusal: NonNullable<ReadReply['refusal']>): void {
    this.#parts.warn(
      new StepcastError('catchUpRefused', `catch-up was refused: ${refusal.code}: ${refusal.message}`),
    );
    if (refusal.code === 'tooLarge' && asked.uploads.size > 1) {
      this.#batchSize = Math.ceil(asked.uploads.size / 2);
      this.#done(asked);
      this.#schedule();
      return;
    }
    if (refusal.code === 'rateLimited' || refusal.code === 'unavailable') {
      this.#later(asked, refusal.retryAfterMs);
      return;
    }
    // The service will not take this request, however often it is asked.
    this.#done(asked);
    for (const uploadId of asked.uploads.keys()) {
      this.#wanted.delete(uploadId);
      this.#parts.streamOf(uploadId)?.giveUp();
    }
    this.#schedule();
  }

  /** The request failed as a whole: all of it again, after a while. */
  #later(asked: InFlight, retryAfterMs: number | undefined): void {
    this.#done(asked);
    for (const uploadId of asked.uploads.keys()) this.#wanted.set(uploadId, this.#wanted.get(uploadId) ?? 0);
    this.#wantsOverview ||= asked.overview;
    const random = () => this.#parts.runtime.random();
    const backoffMs = backoffDelayMs(this.#failures, random, retryBackoff);
    this.#failures += 1;
    // Every client got the same time: spread out behind it.
    this.#wait(retryAfterMs === undefined ? backoffMs : retryAfterMs + random() * retryAfterMs);
  }

  #wait(delayMs: number): void {
    this.#cancelWait = this.#parts.runtime.setTimer(() => {
      this.#cancelWait = undefined;
      this.#ask();
    }, delayMs);
  }

  #done(asked: InFlight): void {
    asked.cancelTimer();
    if (this.#inFlight === asked) this.#inFlight = undefined;
  }
}

function samePosition(one: Position | null, other: Position | null): boolean {
  return one?.epoch === other?.epoch && one?.offset === other?.offset;
}
