import { createDeleteLane } from './delete-lane.ts';
import type { Held, LaneOptions } from './held.ts';
import type { SqsMessage } from './sqs.adapter.ts';
import { createVisibilityLane } from './visibility-lane.ts';

export interface SettlementsOptions extends Omit<LaneOptions, 'onSettled'> {
  /** Whether messages of a group have an order. In a standard queue a group has none. */
  readonly fifo: boolean;
  /** Something ended: there is room again. */
  readonly onRoom: () => void;
}

/** The messages in hand of one queue, and how they end. */
export interface Settlements {
  /** Messages in hand, and those whose ending SQS does not know yet. */
  readonly held: number;
  readonly inHand: number;
  /** Of the bodies in hand. */
  readonly bytes: number;
  /** Holds what one receive brought, in order. */
  hold(messages: readonly SqsMessage[]): readonly Held[];
  /** Deletes the message, unless it has ended already. */
  done(held: Held): void;
  /** Gives back the message and the later ones of its group and receive, unless it has ended already. */
  giveBack(held: Held, afterMs: number): void;
  giveBackAll(): void;
  /** Deletes at once from now on instead of gathering. */
  hurry(): void;
  /** Resolves when nothing is held. */
  idle(): Promise<void>;
  /** Begins to prolong the visibility timeouts of what is held. Returns what ends it. */
  keepHidden(): () => void;
}

export function createSettlements({ onRoom, fifo, ...options }: SettlementsOptions): Settlements {
  const { clock, timers, visibilityTimeoutSeconds } = options;
  const visibilityMs = visibilityTimeoutSeconds * 1_000;
  const all = new Set<Held>();
  let inHand = 0;
  let bytes = 0;
  let idle: PromiseWithResolvers<void> | undefined;

  function onSettled(messages: readonly Held[]): void {
    for (const held of messages) all.delete(held);
    onRoom();
    checkIdle();
  }
  const deletes = createDeleteLane({ ...options, onSettled });
  const visibility = createVisibilityLane({ ...options, onSettled });

  function checkIdle(): void {
    if (all.size > 0) return;
    idle?.resolve();
    idle = undefined;
  }

  function leaveHand(held: Held, state: 'done' | 'givenBack'): void {
    held.state = state;
    inHand -= 1;
    bytes -= held.bytes;
  }

  function giveBack(held: Held, afterMs: number): void {
    if (held.state !== 'inHand') return;
    // A later message of the group must not be processed, or come back, before this one does.
    const messages = held.group.slice(held.group.indexOf(held)).filter(({ state }) => state === 'inHand');
    for (const one of messages) leaveHand(one, 'givenBack');
    visibility.giveBack(messages, afterMs);
  }

  return {
    get held() {
      return all.size;
    },
    get inHand() {
      return inHand;
    },
    get bytes() {
      return bytes;
    },
    hold(messages) {
      const hiddenUntilMs = clock.nowMs() + visibilityMs;
      const groups = new Map<string, Held[]>();
      return messages.map(({ receiptHandle, groupId, body }) => {
        const ordered = fifo ? groupId : undefined;
        const group = (ordered === undefined ? undefined : groups.get(ordered)) ?? [];
        if (ordered !== undefined) groups.set(ordered, group);
        const held: Held = {
          receiptHandle,
          bytes: Buffer.byteLength(body),
          group,
          state: 'inHand',
          hiddenUntilMs,
          changing: false,
        };
        group.push(held);
        all.add(held);
        inHand += 1;
        bytes += held.bytes;
        return held;
      });
    },
    done(held) {
      if (held.state !== 'inHand') return;
      leaveHand(held, 'done');
      deletes.add(held);
    },
    giveBack,
    giveBackAll() {
      for (const held of all) giveBack(held, 0);
    },
    hurry() {
      deletes.hurry();
    },
    idle() {
      idle ??= Promise.withResolvers<void>();
      const { promise } = idle;
      checkIdle();
      return promise;
    },
    keepHidden() {
      // A message is prolonged when about half of its time is over, and has another turn should that fail.
      const tick = () => {
        const untilMs = clock.nowMs() + visibilityMs * 0.6;
        visibility.prolong([...all].filter(({ hiddenUntilMs }) => hiddenUntilMs <= untilMs));
        cancel = timers.after(visibilityMs / 4, tick);
      };
      let cancel = timers.after(visibilityMs / 4, tick);
      return () => {
        cancel();
      };
    },
  };
}
