import { type ExecutionArn } from '@stepcast/contracts';
import { HISTORY_EVENT_TYPES, stateBoundary, type ExecutionRecord } from '@stepcast/wire';
import { visitFor } from './chain.ts';
import { hasEnded, type ExecutionFold } from './execution-fold.ts';
import { foldContainer, foldIteration, foldMapRun } from './fold-container.ts';
import { foldExecution, noticeRedrive } from './fold-execution.ts';
import { abortState, beginWork, enterState, exitState, failWork } from './fold-state.ts';
import { locate, type Folded, type Step } from './fold-step.ts';

/** How a record of one type is folded. */
interface TypeRule {
  readonly fold: (step: Step) => void;
  /**
   * Whether such a record emits events, whatever the fold.
   *
   * | emits       | types |
   * |---|---|
   * | `always`    | `…StateEntered`, `…StateExited` |
   * | `never`     | `…Started`, `…Submitted` and `…Succeeded` of work, `MapStateSucceeded`, `ParallelStateSucceeded`, `MapIterationStarted`, ends of a Map Run, types that are not known |
   * | `sometimes` | all others: it depends on what was before |
   */
  readonly emits: 'always' | 'never' | 'sometimes';
}

/** A visit that works: the innermost around the record, whatever its type. */
const anyVisit = () => true;
const visitOf = ({ fold, record }: Step) => visitFor(fold, record, anyVisit);

const nothing: TypeRule = {
  emits: 'never',
  fold: (step) => {
    locate(step, visitOf(step));
  },
};

function executionRule(outcome: string): TypeRule {
  const known = ['Started', 'Redriven', 'Succeeded', 'Failed', 'TimedOut', 'Aborted'].includes(outcome);
  return {
    emits: known ? 'sometimes' : 'never',
    fold: (step) => {
      foldExecution(step, outcome);
    },
  };
}

function iterationRule(outcome: string): TypeRule {
  return {
    emits: outcome === 'Started' ? 'never' : 'sometimes',
    fold: (step) => {
      foldIteration(step, outcome);
    },
  };
}

function mapRunRule(outcome: string): TypeRule {
  return {
    emits: outcome === 'Started' || outcome === 'Redriven' ? 'sometimes' : 'never',
    fold: (step) => {
      foldMapRun(step, visitOf(step), outcome);
    },
  };
}

function containerRule(type: 'Map' | 'Parallel', outcome: string): TypeRule | undefined {
  if (!['Started', 'Succeeded', 'Failed', 'Aborted'].includes(outcome)) return undefined;
  return {
    emits: outcome === 'Succeeded' ? 'never' : 'sometimes',
    fold: (step) => {
      foldContainer(step, type, outcome);
    },
  };
}

function abortRule(type: 'Task' | 'Wait'): TypeRule {
  return {
    emits: 'sometimes',
    fold: (step) => {
      abortState(step, type);
    },
  };
}

const evaluationFailed: TypeRule = {
  emits: 'sometimes',
  fold: (step) => {
    const { state } = step.record.details;
    const named = visitFor(step.fold, step.record, (one) => state === undefined || one.name === state);
    failWork(step, named, 'States.QueryEvaluationError');
  },
};

function workRule(outcome: string): TypeRule {
  if (outcome === 'Scheduled')
    return {
      emits: 'sometimes',
      fold: (step) => {
        beginWork(step, visitOf(step));
      },
    };
  if (!outcome.endsWith('Failed') && !outcome.endsWith('TimedOut')) return nothing;
  const fallback = outcome === 'TimedOut' ? 'States.Timeout' : 'States.TaskFailed';
  return {
    emits: 'sometimes',
    fold: (step) => {
      failWork(step, visitOf(step), fallback);
    },
  };
}

function boundaryRule(type: string): TypeRule | undefined {
  const boundary = stateBoundary(type);
  if (boundary === undefined) return undefined;
  const take = boundary.edge === 'entered' ? enterState : exitState;
  return {
    emits: 'always',
    fold: (step) => {
      take(step, boundary.stepType);
    },
  };
}

function ruleFor(type: string): TypeRule {
  const after = (prefix: string) => (type.startsWith(prefix) ? type.slice(prefix.length) : undefined);
  const boundary = boundaryRule(type);
  if (boundary !== undefined) return boundary;
  const execution = after('Execution');
  if (execution !== undefined) return executionRule(execution);
  const iteration = after('MapIteration');
  if (iteration !== undefined) return iterationRule(iteration);
  const container =
    containerRule('Map', after('MapState') ?? '') ?? containerRule('Parallel', after('ParallelState') ?? '');
  if (container !== undefined) return container;
  const mapRun = after('MapRun');
  if (mapRun !== undefined) return mapRunRule(mapRun);
  if (type === 'TaskStateAborted') return abortRule('Task');
  if (type === 'WaitStateAborted') return abortRule('Wait');
  if (type === 'EvaluationFailed') return evaluationFailed;
  return workRule(after('Task') ?? after('LambdaFunction') ?? after('Activity') ?? '');
}

const rules = new Map<string, TypeRule>(HISTORY_EVENT_TYPES.map((type) => [type, ruleFor(type)]));

/** AWS adds types; one that is not listed is judged by its name each time. */
function ruleOf(type: string): TypeRule {
  return rules.get(type) ?? ruleFor(type);
}

/**
 * Folds one record, in place, and returns the events that it emits. Records must come in order of id.
 * Total: takes any record of any type, known or not.
 */
export function foldRecord(fold: ExecutionFold, executionArn: ExecutionArn, record: ExecutionRecord): Folded {
  const folded: Folded = { events: [] };
  if (record.timestampMs > fold.lastMs) fold.lastMs = record.timestampMs;
  const step = { fold, arn: executionArn, record, folded };
  noticeRedrive(step);
  const own = folded.events.length;
  ruleOf(record.type).fold(step);
  addProjections(folded, record, own);
  return folded;
}

/**
 * The first event of a record carries what the configured projections took out of its input or output.
 * @param own index of that event: the beginning of a redrive may be before it
 */
export function addProjections({ events }: Folded, { details }: ExecutionRecord, own = 0): void {
  const first = events[own];
  if (details.projections !== undefined && first !== undefined)
    events[own] = { ...first, projections: details.projections };
}

/**
 * Whether a record of this type emits events of its own: `always` and `never` hold whatever the fold. Besides them, the
 * first record of a redrive emits that there is one.
 */
export function emissionOf(type: string): TypeRule['emits'] {
  return ruleOf(type).emits;
}

/** Whether a record, or one released before it with the same batch, is sure to emit an event. */
export function surelyEmits(fold: ExecutionFold, { type }: ExecutionRecord): boolean {
  switch (type) {
    case 'ExecutionStarted':
      return !fold.started;
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
      return !hasEnded(fold);
    default:
      return emissionOf(type) === 'always';
  }
}
