import * as z from 'zod/mini';
import type { ExecutionRecord, RecordDetails } from './execution-record.ts';
import { ExecutionArn, parseJson, type ParseResult, readJson } from '@stepcast/contracts';
import { summariseError } from './summarise-error.ts';
import { compiledUncutDetails, type UncutDetails } from './uncut-details.ts';

/** An input of `ExecutionStarted` that is longer than this as UTF-8 does not travel; `DescribeExecution` has it. */
export const MAX_INPUT_BYTES = 200 * 1024;

/** What a projection let through, by name. */
export type Projected = NonNullable<RecordDetails['projections']>;

/** Takes out of an input or output what the configuration names. The only other way for data to leave a record. */
export type Projector = (data: {
  readonly on: 'input' | 'output';
  readonly eventType: string;
  /** Only `*StateEntered` and `*StateExited` carry one. */
  readonly stateName: string | undefined;
  /** JSON text as in `details.input` or `details.output`. */
  readonly text: string;
}) => Projected | undefined;

/** A history event before the cut: `details` is the `…EventDetails` object of the API. */
export interface UncutRecord {
  readonly id: number;
  readonly type: string;
  readonly previousEventId: number;
  readonly timestampMs: number;
  readonly redriveCount: number;
  readonly details: unknown;
}

const ChildReference = z.object({ ExecutionArn: ExecutionArn });
const nestedStart = /^startExecution\b/;
const nestedServices = new Set(['states', 'aws-sdk:sfn']);

function short(text: string | null | undefined, limit = 256): string | undefined {
  if (text === null || text === undefined) return undefined;
  return text.length <= limit ? text : text.slice(0, limit);
}

/** A UTF-16 unit is at most three bytes of UTF-8, so that most texts need no counting. */
function isTooLarge(input: string): boolean {
  return input.length * 3 > MAX_INPUT_BYTES && new TextEncoder().encode(input).length > MAX_INPUT_BYTES;
}

function inputOf(details: UncutDetails): Pick<RecordDetails, 'input' | 'inputMissing'> {
  const { input } = details;
  if (details.inputDetails?.truncated === true) return { inputMissing: 'truncated' };
  if (input === null || input === undefined) return { inputMissing: 'excluded' };
  if (isTooLarge(input)) return { inputMissing: 'tooLarge' };
  // How CloudWatch truncates is not documented: text that is not JSON any more counts as truncated as well.
  return readJson(input).ok ? { input } : { inputMissing: 'truncated' };
}

function childOf(type: string, details: UncutDetails): ExecutionArn | undefined {
  if (type !== 'TaskSubmitted' && type !== 'TaskSucceeded') return undefined;
  if (!nestedServices.has(details.resourceType ?? '') || !nestedStart.test(details.resource ?? ''))
    return undefined;
  const child = parseJson(ChildReference, details.output ?? '');
  return child.ok ? child.value.ExecutionArn : undefined;
}

function projectedOf(eventType: string, details: UncutDetails, project: Projector): Projected | undefined {
  const projected: Projected = {};
  for (const on of ['input', 'output'] as const) {
    const text = details[on];
    if (text === null || text === undefined) continue;
    Object.assign(projected, project({ on, eventType, stateName: details.name ?? undefined, text }));
  }
  return Object.keys(projected).length === 0 ? undefined : projected;
}

/**
 * Cuts a history event to what correlation needs. Of inputs and outputs only these pass: the input of
 * `ExecutionStarted` (it proves who owns the execution), the ARN of a child that a nested start returned, and what
 * `project` names. The cause of an error passes as one cleaned line.
 *
 * Log records and `GetExecutionHistory` events both come through here, so that the two never differ.
 * @returns the record, or which field of `details` has the wrong type
 */
export function cutRecord(record: UncutRecord, project?: Projector): ParseResult<ExecutionRecord> {
  const parsed = compiledUncutDetails.parse(record.details ?? {});
  if (!parsed.ok) {
    const issues = parsed.issues.map(({ path, problem }) => ({
      path: path.replace(/^\$/, '$.details'),
      problem,
    }));
    return { ok: false, issues };
  }
  const details = parsed.value;
  const error = summariseError(details.error ?? undefined, details.cause ?? undefined);
  const projections = project === undefined ? undefined : projectedOf(record.type, details, project);
  const cut: RecordDetails = {
    name: short(details.name),
    index: details.index ?? undefined,
    length: details.length ?? undefined,
    resourceType: short(details.resourceType),
    resource: short(details.resource),
    error: error?.name,
    cause: error?.message,
    mapRunArn: short(details.mapRunArn, 512),
    redriveCount: details.redriveCount ?? undefined,
    state: short(details.state),
    childExecutionArn: childOf(record.type, details),
    projections,
  };
  if (record.type === 'ExecutionStarted') Object.assign(cut, inputOf(details));
  return {
    ok: true,
    value: {
      id: record.id,
      type: record.type.slice(0, 128),
      previousEventId: record.previousEventId,
      timestampMs: record.timestampMs,
      redriveCount: record.redriveCount,
      details: cut,
    },
  };
}
