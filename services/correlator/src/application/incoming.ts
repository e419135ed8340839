import type { ExecutionArn, IterationCounts } from '@stepcast/contracts';
import type { ExecutionRecord, Report } from '@stepcast/wire';
import type { StatusFact } from '../domain/fold-status.ts';

/** Records of one execution, in order of id. */
export interface IncomingBatch {
  readonly executionArn: ExecutionArn;
  readonly records: readonly ExecutionRecord[];
  /** What is in memory of the execution does not count any more. */
  readonly reload?: true | undefined;
}

/** What came in for an execution. All parts are optional: nothing at all means to process what is parked. */
export interface Input {
  /** From the logs. */
  readonly records?: readonly ExecutionRecord[];
  /** From the execution history. */
  readonly history?: readonly ExecutionRecord[];
  readonly statuses?: readonly StatusFact[];
  /** The execution's input as JSON text, from whichever source. */
  readonly input?: string | undefined;
  /** Counts of distributed Maps, by Map Run ARN. */
  readonly mapRunCounts?: ReadonlyMap<string, IterationCounts>;
  /** What its tasks say of their own progress. Alone they are taken only where an owner is known. */
  readonly reports?: readonly Report[];
  /** Only the periodic sweep brought it up. */
  readonly bySweep?: boolean;
}

/**
 * How it is processed. `reload` reads what is known from the store first, for another correlator may have written.
 * `abandon` gives up an execution for which nothing has proved an owner in time. `giveUp` says why no repair is possible:
 * gaps are passed over, and a status is believed without its records.
 */
export type Mode = 'normal' | 'reload' | 'abandon' | { readonly giveUp: string };

/** An input in the form that the steps take. */
export interface Incoming {
  readonly records: readonly ExecutionRecord[];
  /** Those of the records that history had. */
  readonly history: ReadonlySet<ExecutionRecord>;
  readonly statuses: readonly StatusFact[];
  readonly input: string | undefined;
  /** The logs say that the execution has an input which they do not carry. */
  readonly inputMissing: boolean;
  readonly mapRunCounts: ReadonlyMap<string, IterationCounts>;
  readonly reports: readonly Report[];
  readonly bySweep: boolean;
}

export const NOTHING_INCOMING: Incoming = {
  records: [],
  history: new Set(),
  statuses: [],
  input: undefined,
  inputMissing: false,
  mapRunCounts: new Map(),
  reports: [],
  bySweep: false,
};

export function normalise(input: Input): Incoming {
  const { history = [] } = input;
  const records = history.length === 0 ? (input.records ?? []) : [...(input.records ?? []), ...history];
  const started = records.find((record) => record.type === 'ExecutionStarted');
  return {
    records,
    history: history.length === 0 ? NOTHING_INCOMING.history : new Set(history),
    statuses: input.statuses ?? [],
    input: input.input ?? started?.details.input,
    inputMissing: started?.details.inputMissing !== undefined,
    mapRunCounts: input.mapRunCounts ?? NOTHING_INCOMING.mapRunCounts,
    reports: input.reports ?? NOTHING_INCOMING.reports,
    bySweep: input.bySweep ?? false,
  };
}

/** Whether reports came in, and nothing else. */
export function isReportsOnly({
  records,
  statuses,
  input,
  mapRunCounts,
  reports,
  bySweep,
}: Incoming): boolean {
  const isEmpty =
    records.length + statuses.length + mapRunCounts.size === 0 && input === undefined && !bySweep;
  return reports.length > 0 && isEmpty;
}

/** Several inputs of one execution as one. */
export function joinInputs(inputs: readonly Input[]): Input {
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0) return only;
  const counts = inputs.flatMap((one) => [...(one.mapRunCounts ?? [])]);
  return {
    records: inputs.flatMap((one) => one.records ?? []),
    history: inputs.flatMap((one) => one.history ?? []),
    statuses: inputs.flatMap((one) => one.statuses ?? []),
    input: inputs.find((one) => one.input !== undefined)?.input,
    ...(counts.length === 0 ? {} : { mapRunCounts: new Map(counts) }),
    reports: inputs.flatMap((one) => one.reports ?? []),
    bySweep: inputs.every((one) => one.bySweep === true),
  };
}
