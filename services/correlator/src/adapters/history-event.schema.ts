import { type ParseIssue } from '@stepcast/contracts';
import { cutRecord, type ExecutionRecord, type Projector } from '@stepcast/wire';
import * as z from 'zod';

/** One event of `GetExecutionHistory`. Which `…EventDetails` it has depends on its type. */
export const HistoryEvent = z.looseObject({
  id: z.number().int().min(1),
  type: z.string().min(1),
  previousEventId: z.number().int().min(0).default(0),
  timestamp: z.date(),
});

const SUFFIX = 'EventDetails';

/** At most one `…EventDetails` is set; it is what log records call `details`. */
function detailsOf(event: Readonly<Record<string, unknown>>): unknown {
  for (const [key, value] of Object.entries(event))
    if (key.endsWith(SUFFIX) && value !== undefined && value !== null) return value;
  return {};
}

/**
 * Maps history events onto records, exactly as the forwarder maps log records. History does not say to which redrive an
 * event belongs: it is counted.
 * @param events of one execution, in order of id, from the first on
 */
export function recordsOfHistory(
  events: readonly z.output<typeof HistoryEvent>[],
  project?: Projector,
): { readonly records: readonly ExecutionRecord[]; readonly issues: readonly ParseIssue[] } {
  const records: ExecutionRecord[] = [];
  const issues: ParseIssue[] = [];
  let redriveCount = 0;
  for (const event of events) {
    if (event.type === 'ExecutionRedriven') redriveCount += 1;
    const cut = cutRecord(
      {
        id: event.id,
        type: event.type,
        previousEventId: event.previousEventId,
        timestampMs: event.timestamp.getTime(),
        redriveCount,
        details: detailsOf(event),
      },
      project,
    );
    if (cut.ok) records.push(cut.value);
    else
      issues.push(...cut.issues.map(({ path, problem }) => ({ path: `event ${event.id} ${path}`, problem })));
  }
  return { records, issues };
}
