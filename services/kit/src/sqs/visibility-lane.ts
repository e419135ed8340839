import { MAX_CALLS, outcomeOf, type Held, type LaneOptions } from './held.ts';
import { SQS_LIMITS } from './sqs.adapter.ts';

/** SQS's own limit. */
const MAX_VISIBILITY_SECONDS = 43_200;

interface Change {
  readonly held: Held;
  readonly seconds: number;
}

/** Changes how long SQS hides messages, in batches. What is given back goes before what is prolonged. */
export interface VisibilityLane {
  /** Gives back messages of one group, in order, at most 10. They stay hidden for `afterMs`, in whole seconds. */
  giveBack(messages: readonly Held[], afterMs: number): void;
  /** Hides messages for another visibility timeout. Replaces what still waits to be prolonged. */
  prolong(messages: readonly Held[]): void;
}

export function createVisibilityLane(options: LaneOptions): VisibilityLane {
  const { sqs, queueUrl, logger, clock, visibilityTimeoutSeconds, onSettled } = options;
  const givenBack: Change[][] = [];
  let prolongable: readonly Held[] = [];
  let calls = 0;

  function start(): void {
    while (calls < MAX_CALLS) {
      const back = nextGivenBack();
      const changes = back.length > 0 ? back : nextProlonged();
      if (changes.length === 0) return;
      calls += 1;
      void change(changes, back.length > 0).finally(() => {
        calls -= 1;
        start();
      });
    }
  }

  /** Whole groups, so that one call gives back a group. */
  function nextGivenBack(): readonly Change[] {
    const changes: Change[] = [];
    for (let [next] = givenBack; next !== undefined; [next] = givenBack) {
      if (changes.length + next.length > SQS_LIMITS.maxBatchMessages) break;
      // A prolongation under way could be carried out after this change, and hide the message again.
      if (next.some(({ held }) => held.changing)) break;
      changes.push(...next);
      givenBack.shift();
    }
    return changes;
  }

  function nextProlonged(): readonly Change[] {
    const left = prolongable.filter((held) => held.state !== 'givenBack' && !held.changing);
    prolongable = left.slice(SQS_LIMITS.maxBatchMessages);
    return left
      .slice(0, SQS_LIMITS.maxBatchMessages)
      .map((held) => ({ held, seconds: visibilityTimeoutSeconds }));
  }

  async function change(changes: readonly Change[], last: boolean): Promise<void> {
    const startedMs = clock.nowMs();
    const messages = changes.map(({ held }) => held);
    for (const held of messages) held.changing = true;
    const entries = changes.map(({ held: { receiptHandle }, seconds }) => ({
      receiptHandle,
      visibilityTimeoutSeconds: seconds,
    }));
    const { failed, fields } = await outcomeOf(messages, sqs.changeVisibilityBatch(queueUrl, entries));
    for (const held of messages) {
      held.changing = false;
      if (!failed.includes(held)) held.hiddenUntilMs = startedMs + visibilityTimeoutSeconds * 1_000;
    }
    // One that was deleted meanwhile has no visibility any more.
    const relevant = failed.filter((held) => held.state !== 'done').length;
    if (relevant > 0) logger.warn({ failed: relevant, ...fields }, 'visibility of messages not changed');
    if (last) onSettled(messages);
  }

  return {
    giveBack(messages, afterMs) {
      const seconds = Math.min(MAX_VISIBILITY_SECONDS, Math.max(0, Math.ceil(afterMs / 1_000)));
      givenBack.push(messages.map((held) => ({ held, seconds })));
      start();
    },
    prolong(messages) {
      prolongable = messages;
      start();
    },
  };
}
