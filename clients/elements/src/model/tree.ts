import type { ErrorSummary, StepRef, StepReport, UploadState, UploadStatus } from '@stepcast/contracts';
import type { Attempt, TraceStatus } from './trace.ts';

export type NodeStatus = TraceStatus | UploadStatus;

/** How many parts of something are how. */
export interface Counts {
  /** Null while it is not known. */
  readonly total: number | null;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
}

/**
 * One line of the timeline.
 *
 * | kind        | is                                                                   |
 * | ----------- | -------------------------------------------------------------------- |
 * | `execution` | a workflow                                                           |
 * | `step`      | a state, entered once; or, where `visits` is there, all its visits   |
 * | `branch`    | of a Parallel                                                        |
 * | `iteration` | of a Map                                                             |
 * | `attempt`   | one try of a step                                                    |
 * | `group`     | iterations, executions or visits that are alike, as `label` says     |
 * | `rest`      | how many more there are; never has children                          |
 */
export interface TreeNode {
  readonly id: string;
  readonly kind: 'execution' | 'step' | 'branch' | 'iteration' | 'attempt' | 'group' | 'rest';
  readonly label: string;
  /** Name of the state, where it is one. */
  readonly step?: string;
  readonly type: StepRef['type'] | null;
  readonly status: NodeStatus;
  /** Milliseconds since the epoch; null where no single span makes sense. */
  readonly startedAt: number | null;
  /** Null while it runs. */
  readonly endedAt: number | null;
  /** Two or more where it was tried again. */
  readonly attempts: readonly Attempt[];
  /** How often it was tried, where the attempts are not known one by one; of what has parts, how often its parts were tried again. */
  readonly tries?: number;
  readonly counts?: Counts;
  /** What the code of the step says of its progress, while it runs. */
  readonly report?: StepReport;
  /** How often it was entered, where that is more than once. */
  readonly visits?: { readonly entered: number; readonly ended: number };
  readonly error?: ErrorSummary;
  readonly children: readonly TreeNode[];
  /** Whether children are shown as long as nobody says otherwise. */
  readonly open: boolean;
}

/** Whether something still goes on in it. */
export function isLive({ status }: { readonly status: NodeStatus }): boolean {
  return status === 'running' || status === 'retrying';
}

/** The name of the workflow in an execution's ARN: `arn:aws:states:REGION:ACCOUNT:execution:NAME:RUN`. */
export function workflowName(arn: string): string {
  return (arn.split(':')[6] ?? '').split('/')[0] || 'Workflow';
}

/** Every time in a tree: where its axis begins and, with `now` while it runs, ends. Null when nothing has begun. */
export function spanOf(
  nodes: readonly TreeNode[],
  now: number,
): { readonly from: number; readonly to: number } | null {
  let from = Infinity;
  let to = -Infinity;
  const visit = (node: TreeNode): void => {
    if (node.startedAt !== null) {
      from = Math.min(from, node.startedAt);
      to = Math.max(to, node.endedAt ?? (isLive(node) ? now : node.startedAt));
    }
    node.children.forEach(visit);
  };
  nodes.forEach(visit);
  return from === Infinity ? null : { from, to: Math.max(to, from) };
}

/** What a state and its trace have in common with the tree: only what is folded. */
export type FoldedState = Pick<UploadState, 'steps' | 'executions' | 'status' | 'position' | 'uploadId'>;
