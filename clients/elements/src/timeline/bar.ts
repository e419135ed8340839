import { svg, type SVGTemplateResult } from 'lit';
import type { NodeStatus, TreeNode } from '../model/tree.ts';
import { formatDuration } from '../model/words.ts';
import { percentAt, type Axis } from './axis.ts';

/** Percent of the axis that the shortest bar takes: what took no time happened all the same. */
const LEAST_WIDTH = 0.5;

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
      const width = Math.max(LEAST_WIDTH, percentAt(axis, end) - x);
      const took = formatDuration(Math.max(0, end - startedAt));
      const from = formatDuration(Math.max(0, startedAt - axis.from));
      return {
        status,
        x: Math.min(x, 100 - LEAST_WIDTH),
        width,
        title: `${number === 0 ? node.label : `Attempt ${number}`}: ${took}, from ${from}`,
      };
    });
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
    ${segmentsOf(node, axis, now).map(
      ({
        status,
        x,
        width,
        title,
      }) => svg`<rect class=${isFrame ? 'bar frame' : 'bar'} part="bar" data-status=${status}
        x=${`${x}%`} y=${isFrame ? 13 : 11} width=${`${width}%`} height=${isFrame ? 6 : 10} rx=${isFrame ? 3 : 4}><title>${title}</title></rect>`,
    )}`;
}

function isContainer({ type }: TreeNode): boolean {
  return type === 'Map' || type === 'Parallel';
}
