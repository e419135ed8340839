import { neededStatuses, type WorkflowLogging } from '@stepcast/wire';

interface StatusSource {
  readonly stateMachineArn: string;
  readonly logging: WorkflowLogging;
}

/** What the rule of status events asks of `detail`: of each state machine the statuses that are needed. */
export function statusPattern(
  startMode: 'managed' | 'observed',
  sources: readonly StatusSource[],
): Readonly<Record<string, unknown>> {
  const patterns = new Map<string, { stateMachineArn: string[]; status: string[] }>();
  for (const { stateMachineArn, logging } of sources) {
    const status = [...neededStatuses(startMode, logging)];
    const same = patterns.get(status.join());
    if (same === undefined) patterns.set(status.join(), { stateMachineArn: [stateMachineArn], status });
    else same.stateMachineArn.push(stateMachineArn);
  }
  const [first, ...others] = patterns.values();
  return others.length === 0 ? { ...first } : { $or: [first, ...others] };
}
