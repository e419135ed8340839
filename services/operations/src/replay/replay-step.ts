import { IdentityId } from '@stepcast/contracts';
import type { Operator } from '../operator.ts';
import { placeOf, selectsAnything, selectStreams, type Reached, type Selection } from './plan.ts';
import { nothingToReplay } from './plan-replay.ts';
import { runReplay } from './run-replay.ts';

/** How far a replay came: what is stored between its steps. */
export interface ReplayCursor {
  /** The stream that was being replayed, and the offset up to which it is; null: none yet. */
  readonly reached: Reached | null;
  /** The last identity whose overview was restored. */
  readonly restored: string | null;
  /** Messages published so far. */
  readonly published: number;
}

export const REPLAY_START: ReplayCursor = { reached: null, restored: null, published: 0 };

export interface ReplayStep {
  readonly cursor: ReplayCursor;
  readonly finished: boolean;
}

/**
 * Replays for a while and says how far it came, so that a replay can be made of calls that each end in time.
 * @param budgetMs when the step ends, at the next acknowledged message
 * @throws UnknownSubjectError when the first step finds nothing to replay; OperatorError from the broker or the table, with
 * `onProgress` having said how far it came
 */
export async function replayStep(
  operator: Operator,
  options: {
    readonly selection: Selection;
    readonly cursor: ReplayCursor;
    /** Messages per second. */
    readonly rate: number;
    readonly budgetMs: number;
    /** Called once the broker is connected, before anything is published. */
    readonly onReady: () => Promise<void>;
    /** Called after each acknowledged message. */
    readonly onProgress: (cursor: ReplayCursor) => void;
  },
): Promise<ReplayStep> {
  const { selection, rate, budgetMs, onProgress } = options;
  const deadlineMs = operator.clock.nowMs() + budgetMs;
  const planned = await selectStreams(operator.table, selection);
  let { cursor } = options;
  if (cursor.reached === null && !(await selectsAnything(operator.table, planned, selection)))
    throw nothingToReplay(selection);
  const time = new AbortController();
  const advance = (to: ReplayCursor) => {
    cursor = to;
    onProgress(to);
    if (operator.clock.nowMs() >= deadlineMs) time.abort();
  };
  const connection = await operator.broker.connect();
  try {
    await options.onReady();
    await runReplay(operator, connection, {
      selection,
      planned,
      reached: cursor.reached,
      restored: cursor.restored === null ? null : IdentityId.parse(cursor.restored),
      rate,
      signal: time.signal,
      steps: {
        onStream: () => undefined,
        onPublished(stream, offset) {
          const reached = { stream: placeOf(stream), offset };
          advance({ reached, restored: null, published: cursor.published + 1 });
          return Promise.resolve();
        },
        onOverview(identityId) {
          advance({ ...cursor, restored: identityId });
        },
      },
    });
    return { cursor, finished: !time.signal.aborted };
  } finally {
    await connection.close();
  }
}
