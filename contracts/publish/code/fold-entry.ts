/** What the published fold exports. */
export {
  ABORTED_ERROR,
  applyEvent,
  compareEpochs,
  emptyState,
  foldEvent,
  isTerminal,
  MAX_EXECUTIONS,
  MAX_RESULT_LENGTH,
  MAX_STEPS,
  mutableCopyOf,
  summaryOf,
} from '@stepcast/contracts';
