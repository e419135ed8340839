/** `states/ProgressPipeline/2026-11-03-10-15/00000000`: the minute is the stream's, shared by whatever runs in it. */
export function logStreamName(stateMachineName: string, timestampMs: number, suffix: string): string {
  const minute = new Date(timestampMs).toISOString().slice(0, 16).replaceAll(/[T:]/g, '-');
  return `states/${stateMachineName}/${minute}/${suffix}`;
}

/** The name in `arn:aws:logs:us-east-1:111122223333:log-group:NAME:*`. */
export function logGroupName(logGroupArn: string): string {
  return logGroupArn.replace(/^.*?:log-group:/, '').replace(/:\*$/, '');
}

/**
 * Ids of log events: 56 digits that grow with time and count. CloudWatch's own have this length; nothing more is known of
 * how they are made.
 */
export function logEventId(timestampMs: number, count: number): string {
  return `3${String(timestampMs).padStart(15, '0')}${String(count).padStart(40, '0')}`;
}
