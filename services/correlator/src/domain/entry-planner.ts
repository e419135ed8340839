import { offsetOf, type ExecutionArn, type ProgressEvent, type UploadState } from '@stepcast/contracts';
import { type JournalEntryBody } from '@stepcast/wire';
import { writeCheckpoint } from './checkpoint.ts';
import type { EventDraft, ExecutionFold } from './execution-fold.ts';
import { measure, type Profile } from './percent.ts';
import { foldEvent, type StreamMeta } from './upload-fold.ts';

/** Where a stream stands: its newest journal entry, in the form that is worked with. */
export interface StreamHead {
  readonly meta: StreamMeta;
  /** 0 before the first event. */
  readonly lastOffset: number;
  readonly state: UploadState;
  readonly folds: ReadonlyMap<string, ExecutionFold>;
}

/** One journal entry to be written, and the head that it makes. */
export interface PlannedEntry {
  readonly firstOffset: number;
  readonly body: JournalEntryBody;
  readonly head: StreamHead;
}

/** An entry is cut when it holds this many events; 100 events are about 40 KB, far from DynamoDB's 400 KB an item. */
const MAX_EVENTS_PER_ENTRY = 100;
/** Errors and projections can make events large; this bounds an entry by size as well. */
const MAX_EVENT_SIZE_PER_ENTRY = 96 * 1024;

/** About how many characters an event takes as JSON: what can be long is counted, the rest taken as it is at most. */
function sizeOf({ executionArn, step, error, projections }: EventDraft): number {
  const texts = [executionArn, step?.name, error?.name, error?.message];
  const length = texts.reduce((sum, text) => sum + (text?.length ?? 0), 256);
  return projections === undefined ? length : length + JSON.stringify(projections).length;
}

/** Gathers events into entries. Each ends where a record ends, so that its checkpoint is whole. */
export class EntryPlanner {
  readonly entries: PlannedEntry[] = [];
  readonly #meta: StreamMeta;
  readonly #source: string;
  #folds: ReadonlyMap<string, ExecutionFold>;
  #state: UploadState;
  #lastOffset: number;
  #events: ProgressEvent[] = [];
  #size = 0;

  constructor(head: StreamHead, source: string) {
    this.#meta = head.meta;
    this.#source = source;
    this.#state = head.state;
    this.#lastOffset = head.lastOffset;
    this.#folds = head.folds;
    // The object was there before anything could run on it, whichever message came first.
    if (head.lastOffset === 0)
      this.tell([{ kind: 'uploaded', time: head.meta.epochStartedAt }], undefined, undefined);
  }

  tell(drafts: readonly EventDraft[], fold: ExecutionFold | undefined, profile: Profile | undefined): void {
    if (drafts.length === 0) return;
    const progress = fold === undefined ? { percent: null, etaSeconds: null } : measure(fold, profile);
    if (fold !== undefined) fold.percent = progress.percent;
    const nested = (arn: string) =>
      (arn === drafts[0]?.executionArn ? fold : this.#folds.get(arn))?.nested ?? false;
    for (const draft of drafts) {
      this.#lastOffset += 1;
      const event: ProgressEvent = { offset: offsetOf(this.#lastOffset), ...draft };
      this.#events.push(event);
      this.#size += sizeOf(draft);
      this.#state = foldEvent(this.#state, event, { nested, ...progress });
    }
  }

  get pending(): boolean {
    return this.#events.length > 0;
  }

  get isFull(): boolean {
    return this.#events.length >= MAX_EVENTS_PER_ENTRY || this.#size >= MAX_EVENT_SIZE_PER_ENTRY;
  }

  /** @param fold of the execution that the entry is about; the planner's own from now on */
  cut(executionArn: ExecutionArn | undefined, fold: ExecutionFold | undefined): void {
    if (!this.pending) return;
    const folds = new Map(this.#folds);
    if (executionArn !== undefined && fold !== undefined) folds.set(executionArn, fold);
    this.#folds = folds;
    const head: StreamHead = { meta: this.#meta, lastOffset: this.#lastOffset, state: this.#state, folds };
    this.entries.push({
      firstOffset: this.#lastOffset - this.#events.length + 1,
      body: {
        source: this.#source,
        epochStartedAt: this.#meta.epochStartedAt,
        events: this.#events,
        state: this.#state,
        // Written when it is read: whoever goes on from `head` needs none.
        get checkpoint() {
          return writeCheckpoint(folds);
        },
      },
      head,
    });
    this.#events = [];
    this.#size = 0;
  }
}
