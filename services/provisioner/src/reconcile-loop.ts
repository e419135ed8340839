import { errorFields, type Heartbeat, type Logger, type Timers } from '@stepcast/kit';
import type { Reconciliation } from './application/reconcile-attachments.ts';

/**
 * Compares attachments with identities again and again, each time `everyMs` after the last ended, the first one interval
 * after the start. A failure is logged; the next turn tries again.
 * @returns what ends it; resolves once a comparison that runs has ended
 */
export function startReconcileLoop(options: {
  readonly reconcile: (options: { readonly onStep: () => void }) => Promise<Reconciliation>;
  readonly everyMs: number;
  readonly timers: Timers;
  /** Beats at each turn and at each step of a comparison; ends with the loop. */
  readonly heartbeat: Heartbeat;
  readonly logger: Logger;
}): () => Promise<void> {
  const { reconcile, everyMs, timers, heartbeat, logger } = options;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = timers.after(everyMs, turn);

  function turn(): void {
    running = compare();
  }

  async function compare(): Promise<void> {
    const onStep = () => heartbeat.beat();
    onStep();
    try {
      logger.info({ ...(await reconcile({ onStep })) }, 'attachments compared with identities');
    } catch (thrown) {
      logger.error(errorFields(thrown), 'attachments not compared with identities');
    }
    onStep();
    if (!stopped) cancel = timers.after(everyMs, turn);
  }

  return async () => {
    stopped = true;
    cancel();
    await running;
    heartbeat.end();
  };
}
