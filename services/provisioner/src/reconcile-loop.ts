import { errorFields, type Logger, type Timers } from '@stepcast/kit';
import type { Reconciliation } from './application/reconcile-attachments.ts';

/**
 * Compares attachments with identities again and again, each time `everyMs` after the last ended, the first one interval
 * after the start. A failure is logged; the next turn tries again.
 * @returns what ends it; resolves once a comparison that runs has ended
 */
export function startReconcileLoop(options: {
  readonly reconcile: () => Promise<Reconciliation>;
  readonly everyMs: number;
  readonly timers: Timers;
  readonly logger: Logger;
}): () => Promise<void> {
  const { reconcile, everyMs, timers, logger } = options;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = timers.after(everyMs, turn);

  function turn(): void {
    running = compare();
  }

  async function compare(): Promise<void> {
    try {
      logger.info({ ...(await reconcile()) }, 'attachments compared with identities');
    } catch (thrown) {
      logger.error(errorFields(thrown), 'attachments not compared with identities');
    }
    if (!stopped) cancel = timers.after(everyMs, turn);
  }

  return async () => {
    stopped = true;
    cancel();
    await running;
  };
}
