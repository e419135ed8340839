import { errorFields, type Logger } from '@stepcast/kit';
import type { Reconciliation } from '../application/reconcile-attachments.ts';

/**
 * One comparison of attachments with identities, for a schedule. The next turn of the schedule tries again what failed.
 * @throws what the comparison throws, so that the function's errors count it
 */
export function createReconcileFunction(options: {
  readonly reconcile: () => Promise<Reconciliation>;
  readonly logger: Logger;
}): () => Promise<Reconciliation> {
  const { reconcile, logger } = options;
  return async () => {
    try {
      const done = await reconcile();
      logger.info({ ...done }, 'attachments compared with identities');
      return done;
    } catch (thrown) {
      logger.error(errorFields(thrown), 'attachments not compared with identities');
      throw thrown;
    }
  };
}
