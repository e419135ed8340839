import { svg, type SVGTemplateResult } from 'lit';
import type { NodeStatus, TreeNode } from '../model/tree.ts';
import { formatDuration } from '../model/words.ts';
import { percentAt, type Axis } from './axis.ts';

/** Percent of the axis that the shortest bar takes. What is shorter is a dot: what took no time happened all the same. */
const LEAST_WIDTH = 0.8;
const DOT_RADIUS = 4;

interface Segment {
  readonly status: NodeStatus;
  readonly x: number;
  readonly width: number;
  readonly title: string;
}

/** The parts of a bar: one for each attempt. Where attempts are, so many percent of the axis. */
export function segmentsOf(node: TreeNode, axis: Axis, now: number): readonly Segment[] {
  const spans =
    node.attempts.length > 1 ? node.attempts : [{ ...node, number: 0, startedAt: node.startedAt ?? NaN }];
  return spans
    .filter(({ startedAt }) => !Number.isNaN(startedAt))
    .map(({ status, startedAt, endedAt, number }) => {
      const x = percentAt(axis, startedAt);
      const end = endedAt ?? now;
      const width = percentAt(axis, end) - x;
      const took = formatDuration(Math.max(0, end - startedAt));
      const after = startedAt - axis.from;
      const from = after < 1 ? 'the beginning' : formatDuration(after);
      return {
        status,
        x,
        width,
        title: `${number === 0 ? node.label : attemptWords(number, spans.at(-1)?.number)}: ${took}, from ${from}`,
      };
    });
}

/** No event says when a try failed; the next one that comes says that another try begins. */
function attemptWords(number: number, last: number | undefined): string {
  return number === last ? `Attempt ${number}` : `Attempt ${number} and the wait after it`;
}

/** Whether all that there is of a row is a dot: a narrow timeline leaves out its line. */
export function isBrief(node: TreeNode, axis: Axis, now: number): boolean {
  return node.endedAt !== null && segmentsOf(node, axis, now).every(({ width }) => width < LEAST_WIDTH);
}

/** The bar of a row over the lines of the axis. Attributes place it, not styles, which the policy of a page may forbid. */
export function bar(node: TreeNode, axis: Axis, now: number): SVGTemplateResult {
  const isFrame =
    node.kind === 'execution' || node.kind === 'iteration' || node.kind === 'branch' || isContainer(node);
  return svg`
    ${axis.ticks.map((tick) => {
      const x = `${percentAt(axis, axis.from + tick)}%`;
      return svg`<line class="grid" x1=${x} x2=${x} y1="0" y2="100%" />`;
    })}
    ${segmentsOf(node, axis, now).map(({ status, x, width, title }) =>
      width < LEAST_WIDTH
        ? svg`<circle class=${isFrame ? 'bar frame' : 'bar'} part="bar" data-status=${status}
        cx=${`${x}%`} cy="16" r=${isFrame ? DOT_RADIUS - 1 : DOT_RADIUS}><title>${title}</title></circle>`
        : svg`<rect class=${isFrame ? 'bar frame' : 'bar'} part="bar" data-status=${status}
        x=${`${x}%`} y=${isFrame ? 13 : 11} width=${`${width}%`} height=${isFrame ? 6 : 10} rx=${isFrame ? 3 : 4}><title>${title}</title></rect>`,
    )}`;
}

function isContainer({ type }: TreeNode): boolean {
  return type === 'Map' || type === 'Parallel';
}
