import { RecordingRefusedError } from './errors.ts';
import type { RecordedEvent, RecordedExecution } from './recording.schema.ts';

/** Recordings held at most, children of Map Runs apart; the whole of them is in memory. */
export const MAX_RECORDINGS = 1_000;
export const MAX_RECORDED_CHILDREN = 5_000;

export interface RecordingEntry {
  readonly recording: RecordedExecution;
  /** Its place among all executions of the sandbox, in the order of starting and importing. */
  readonly sequence: number;
}

/** Executions that ran somewhere else, by ARN. */
export class Recordings {
  readonly #executions = new Map<string, RecordingEntry>();
  readonly #children = new Map<string, RecordingEntry>();

  find(executionArn: string): RecordedExecution | undefined {
    return (this.#executions.get(executionArn) ?? this.#children.get(executionArn))?.recording;
  }

  /** The execution of that ARN is replaced if it was imported before: recorded again, it may have come further. */
  put(recording: RecordedExecution, sequence: number): void {
    const { executionArn, mapRunArn } = recording.description;
    if (mapRunArn === undefined) putUpTo(MAX_RECORDINGS, this.#executions, 'recordings');
    else putUpTo(MAX_RECORDED_CHILDREN, this.#children, 'recordings of children of Map Runs');

    function putUpTo(max: number, entries: Map<string, RecordingEntry>, what: string): void {
      if (!entries.has(executionArn) && entries.size >= max)
        throw new RecordingRefusedError(
          `the sandbox keeps ${max} ${what} and has as many; start it again to make room`,
        );
      entries.set(executionArn, { recording, sequence });
    }
  }

  /** The newest first. */
  ofMachine(stateMachineArn: string): readonly RecordingEntry[] {
    return newestFirst(
      this.#executions,
      ({ description }) => description.stateMachineArn === stateMachineArn,
    );
  }

  /** Children of a Map Run, the newest first. */
  ofMapRun(mapRunArn: string): readonly RecordingEntry[] {
    return newestFirst(this.#children, ({ description }) => description.mapRunArn === mapRunArn);
  }

  mapRun(mapRunArn: string): object | undefined {
    for (const { recording } of this.#executions.values()) {
      const found = recording.mapRuns.find((run) => run.mapRunArn === mapRunArn);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function newestFirst(
  entries: ReadonlyMap<string, RecordingEntry>,
  isMeant: (recording: RecordedExecution) => boolean,
): readonly RecordingEntry[] {
  return [...entries.values()]
    .filter(({ recording }) => isMeant(recording))
    .toSorted((one, other) => other.sequence - one.sequence);
}

const data = new Set([
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
]);
const described = new Set(['input', 'inputDetails', 'output', 'outputDetails', 'error', 'cause']);

function without(value: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
}

export function recordedView({ description }: RecordedExecution, withData: boolean): object {
  return withData ? description : without(description, described);
}

export function recordedSummary({ description }: RecordedExecution): object {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate, redriveCount, redriveDate } =
    description;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate,
    ...(stopDate === undefined ? {} : { stopDate }),
    redriveCount: redriveCount ?? 0,
    ...(redriveDate === undefined ? {} : { redriveDate }),
  };
}

export function recordedEventView(event: RecordedEvent, withData: boolean): object {
  if (withData) return event;
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      name.endsWith('EventDetails') && typeof value === 'object' && value !== null
        ? without(value, data)
        : value,
    ]),
  );
}
