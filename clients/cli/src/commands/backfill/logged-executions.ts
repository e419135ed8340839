import { describeIssues, isObject, readJson, type ExecutionArn } from '@stepcast/contracts';
import { cutRecord, parseLogRecord, type ExecutionRecord, type Projector } from '@stepcast/wire';
import { UsageError } from '../../errors.ts';
import type { LogQuestion, OperatorLogs } from './ports.ts';

/** What a log group has of executions. */
export interface LoggedExecutions {
  /** In order of their first record; each with its records in order of id, every id once. */
  readonly executions: ReadonlyMap<ExecutionArn, readonly ExecutionRecord[]>;
  /** Records of executions that do not read. */
  readonly unreadable: number;
  /** What is wrong with the first of them. */
  readonly problem: string | undefined;
}

/** What is held in memory at a time, by the size of the messages. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Reads the records of executions in a time range and cuts them as the forwarder does.
 * @param maxBytes default 256 MiB
 * @throws UsageError when the range holds more than that; OperatorError
 */
export async function readLoggedExecutions(
  logs: OperatorLogs,
  question: LogQuestion,
  options: {
    readonly project: Projector | undefined;
    readonly onPage: (records: number) => void;
    readonly signal: AbortSignal;
    readonly maxBytes?: number;
  },
): Promise<LoggedExecutions> {
  const { project, onPage, signal, maxBytes = MAX_BYTES } = options;
  const wanted = new Set<ExecutionArn>(question.executionArns);
  const found = new Map<ExecutionArn, Map<number, ExecutionRecord>>();
  let [bytes, records, unreadable] = [0, 0, 0];
  let problem: string | undefined;
  for await (const page of logs.read(question)) {
    for (const { message } of page) {
      const record = recordOf(message, project);
      if (record === undefined) continue;
      if (!record.ok) {
        unreadable += 1;
        problem ??= record.problem;
        continue;
      }
      const { executionArn } = record;
      if (wanted.size > 0 && !wanted.has(executionArn)) continue;
      bytes += message.length;
      if (bytes > maxBytes)
        throw new UsageError(
          `the range has more than ${Math.floor(maxBytes / 1024 / 1024)} MiB of records; nothing was sent. Take a shorter one with --since and --until`,
        );
      const known = found.get(executionArn) ?? new Map<number, ExecutionRecord>();
      found.set(executionArn, known);
      // CloudWatch may have a record twice; the one that was written first counts.
      if (!known.has(record.record.id)) known.set(record.record.id, record.record);
      records += 1;
    }
    onPage(records);
    if (signal.aborted) break;
  }
  const executions = new Map(
    [...found].map(
      ([arn, known]) => [arn, [...known.values()].toSorted((one, other) => one.id - other.id)] as const,
    ),
  );
  return { executions, unreadable, problem };
}

type Read =
  | { readonly ok: true; readonly executionArn: ExecutionArn; readonly record: ExecutionRecord }
  | { readonly ok: false; readonly problem: string };

/** `undefined`: a message that is no record of Step Functions. */
function recordOf(message: string, project: Projector | undefined): Read | undefined {
  const json = readJson(message);
  if (!json.ok || !isObject(json.value) || json.value.execution_arn === undefined) return undefined;
  const parsed = parseLogRecord(json.value);
  if (!parsed.ok) return { ok: false, problem: describeIssues(parsed.issues) };
  const cut = cutRecord(parsed.value, project);
  return cut.ok
    ? { ok: true, executionArn: parsed.value.executionArn, record: cut.value }
    : { ok: false, problem: describeIssues(cut.issues) };
}

const ENDS = new Set(['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionAborted']);

/** Whether the last of the records ends the execution. */
export function hasEnd(records: readonly ExecutionRecord[]): boolean {
  return ENDS.has(records.at(-1)?.type ?? '');
}

/** Ids that are missing before the last record, as ranges. */
export function missingIds(
  records: readonly ExecutionRecord[],
): readonly (readonly [first: number, last: number])[] {
  const missing: (readonly [number, number])[] = [];
  let expected = 1;
  for (const { id } of records) {
    if (id > expected) missing.push([expected, id - 1]);
    expected = id + 1;
  }
  return missing;
}

/** What is missing, in words; `undefined`: nothing. */
export function lackOf(records: readonly ExecutionRecord[]): string | undefined {
  const ids = missingIds(records);
  const shown = ids.slice(0, 3).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  const lacks = [
    ...(ids.length === 0
      ? []
      : [`records ${shown.join(', ')}${ids.length > shown.length ? ' and more' : ''}`]),
    ...(hasEnd(records) ? [] : ['its end']),
  ];
  return lacks.length === 0 ? undefined : lacks.join(' and ');
}
