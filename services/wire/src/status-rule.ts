/** What a state machine writes to its log group. */
export interface WorkflowLogging {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  /** Whether log events hold inputs and outputs (`includeExecutionData`). */
  readonly executionData: boolean;
}

/** What Stepcast asks a workflow to log: every event, with the input by which the owner is known. */
export const FULL_LOGGING: WorkflowLogging = { level: 'ALL', executionData: true };

const ENDS = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/** A status of an execution that the correlator takes. */
export type NeededStatus = 'RUNNING' | (typeof ENDS)[number];

/**
 * The statuses that the rule of EventBridge has to bring. An end is always needed: it shows that log events are missing. A start
 * is needed where the log does not say it, or, in observed mode, where the log does not hold the input that names the
 * owner.
 */
export function neededStatuses(
  startMode: 'managed' | 'observed',
  { level, executionData }: WorkflowLogging,
): readonly NeededStatus[] {
  const logSaysIt = level === 'ALL' && (executionData || startMode === 'managed');
  return logSaysIt ? ENDS : ['RUNNING', ...ENDS];
}
