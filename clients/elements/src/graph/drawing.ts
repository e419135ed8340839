import { nothing, svg, type SVGTemplateResult } from 'lit';
import { formatCount } from '../model/groups.ts';
import { reportText } from '../model/words.ts';
import { statusShape } from '../shared/icons.ts';
import { END, START, type GraphProgress, type StepProgress } from './graph-model.ts';
import type { GraphLayout, PlacedEdge, PlacedNode } from './layout.ts';
import type { TextMeter } from './text-meter.ts';

/** What of a state's width its name does not have: the icon, and room at the right. */
export const TITLE_MARGINS = 46;
/** What a second line of a name takes. */
export const LINE_HEIGHT = 15;

/** Everything in the graph: arrows below what they connect, except inside of a Map or Parallel. */
export function drawing(layout: GraphLayout, progress: GraphProgress, meter: TextMeter): SVGTemplateResult {
  const isGroup = ({ node }: PlacedNode) => node.inside.length > 0;
  return svg`
    ${layout.nodes.filter(isGroup).map((placed) => group(placed, progress.steps.get(placed.node.name), meter))}
    ${inOrder(layout.edges, progress).map(({ placed, taken }) => arrow(placed, taken))}
    ${layout.nodes.filter((one) => !isGroup(one)).map((placed) => state(placed, progress.steps.get(placed.node.name), meter))}`;
}

function group(placed: PlacedNode, step: StepProgress | undefined, meter: TextMeter): SVGTemplateResult {
  const { node, x, y, width, height } = placed;
  const lines = meter.lines(node.name, width - TITLE_MARGINS, 'title');
  const more = (lines.length - 1) * LINE_HEIGHT;
  return svg`<g class="group" part="group" data-status=${step?.status ?? 'queued'} data-step=${node.name}>
    <title>${node.name}</title>
    <rect x=${x} y=${y} width=${width} height=${height} rx="12" />
    ${icon(x + 12, y + 13, step)}
    ${title(lines, x + 36, y + 19)}
    <text class=${noteClass(step)} x=${x + 36} y=${y + 34 + more}>${meter.fit(noteOf(node.type, step), width - 48, 'note')}</text>
    ${share({ ...placed, y: y + more }, step)}
  </g>`;
}

/** The lines of a name; `y` is that of the first. */
function title(lines: readonly string[], x: number, y: number): SVGTemplateResult[] {
  return lines.map(
    (line, index) => svg`<text class="title" x=${x} y=${y + index * LINE_HEIGHT}>${line}</text>`,
  );
}

/** How many items are done, as a line below the name. */
function share(
  { x, y, width }: PlacedNode,
  step: StepProgress | undefined,
): SVGTemplateResult | typeof nothing {
  const { total = null, succeeded = 0, failed = 0 } = step?.iterations ?? {};
  if (total === null || total === 0) return nothing;
  const length = width - 24;
  const well = (length * Math.min(succeeded, total)) / total;
  const badly = (length * Math.min(failed, total - Math.min(succeeded, total))) / total;
  return svg`<rect class="track" x=${x + 12} y=${y + 43} width=${length} height="3" rx="1.5" />
    <rect class="done" data-status="succeeded" x=${x + 12} y=${y + 43} width=${well} height="3" rx="1.5" />
    <rect class="done" data-status="failed" x=${x + 12 + well} y=${y + 43} width=${badly} height="3" rx="1.5" />`;
}

function state(placed: PlacedNode, step: StepProgress | undefined, meter: TextMeter): SVGTemplateResult {
  const { node, x, y, width, height } = placed;
  if (node.name === START || node.name === END)
    return svg`<g class="terminal"><rect x=${x} y=${y} width=${width} height=${height} rx=${height / 2} />
      <text x=${x + width / 2} y=${y + height / 2 + 4}>${node.name === START ? 'Start' : 'End'}</text></g>`;
  const lines = meter.lines(node.name, width - TITLE_MARGINS, 'title');
  return svg`<g class="node" part="node" data-status=${step?.status ?? 'queued'} data-step=${node.name}>
    <title>${titleOf(node.name, step)}</title>
    <rect class="box" x=${x} y=${y} width=${width} height=${height} rx="9" />
    ${icon(x + 12, y + height / 2 - 8, step)}
    ${title(lines, x + 36, y + 20)}
    <text class=${noteClass(step)} x=${x + 36} y=${y + height - 12}>${meter.fit(shortNoteOf(node.type, step), width - 46, 'note')}</text>
    ${said(placed, step)}
  </g>`;
}

/** How far the step says that it is, as a line at its foot. */
function said(
  { x, y, width, height }: PlacedNode,
  step: StepProgress | undefined,
): SVGTemplateResult | typeof nothing {
  const percent = step?.report?.percent;
  if (percent === undefined) return nothing;
  const length = width - 24;
  return svg`<rect class="track" x=${x + 12} y=${y + height - 6} width=${length} height="3" rx="1.5" />
    <rect class="done" data-status="running" x=${x + 12} y=${y + height - 6} width=${(length * percent) / 100} height="3" rx="1.5" />`;
}

function icon(x: number, y: number, step: StepProgress | undefined): SVGTemplateResult {
  return svg`<svg class="status" data-status=${step?.status ?? 'queued'} x=${x} y=${y} width="16" height="16" viewBox="0 0 16 16">${statusShape(step?.status ?? 'queued')}</svg>`;
}

function noteClass(step: StepProgress | undefined): string {
  return step !== undefined &&
    step.attempt > 1 &&
    step.visits === 1 &&
    step.iterations === undefined &&
    step.report === undefined
    ? 'note tried'
    : 'note';
}

/** What the pointer rests on, in full: the drawing has room for a few words of a report. */
function titleOf(name: string, step: StepProgress | undefined): string {
  return step?.report === undefined ? name : `${name}: ${reportText(step.report)}`;
}

/** As `noteOf`; where a step reports, that alone: the type is known from before, and takes its room. */
function shortNoteOf(type: string, step: StepProgress | undefined): string {
  return step?.report === undefined ? noteOf(type, step) : reportText(step.report);
}

/** `Map · 5 of 9 done, 1 failed`; `Task · 2 attempts`; `Task · 3 of 9`. */
export function noteOf(type: string, step: StepProgress | undefined): string {
  return [type === 'Unknown' ? '' : type, progressNote(step)].filter((part) => part !== '').join(' · ');
}

function progressNote(step: StepProgress | undefined): string {
  if (step === undefined) return '';
  const { iterations, report, attempt, visits, ended, status, error } = step;
  if (report !== undefined) return reportText(report);
  if (iterations !== undefined) {
    const of = iterations.total === null ? '' : ` of ${formatCount(iterations.total)}`;
    const failures = iterations.failed === 0 ? '' : `, ${formatCount(iterations.failed)} failed`;
    return `${formatCount(iterations.succeeded)}${of} done${failures}`;
  }
  if ((status === 'failed' || status === 'caught') && error !== undefined) return error.name;
  if (visits > 1)
    return ended < visits
      ? `${formatCount(ended)} of ${formatCount(visits)} done`
      : `${formatCount(visits)} times`;
  if (attempt > 1) return status === 'retrying' ? `attempt ${attempt}` : `${attempt} attempts`;
  return '';
}

/** Lines that the workflow took, above the others. */
function inOrder(edges: readonly PlacedEdge[], { taken }: GraphProgress) {
  return edges
    .map((placed) => ({ placed, taken: placed.edges.some((edge) => taken(edge)) }))
    .sort((one, other) => Number(one.taken) - Number(other.taken));
}

function arrow({ edges, points, arrives }: PlacedEdge, taken: boolean): SVGTemplateResult {
  const classes = `${taken ? 'taken' : ''} ${edges.some(({ caught }) => caught) ? 'caught' : ''}`;
  const line = svg`<path class=${`edge ${classes}`} part="edge" d=${curve(points)} />`;
  return arrives ? svg`${line}<path class=${`head ${classes}`} d=${headAt(points)} />` : line;
}

/** Through the points, rounded at each. */
function curve(points: PlacedEdge['points']): string {
  const [first, ...others] = points;
  const last = others.at(-1);
  if (first === undefined || last === undefined) return '';
  const bends = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1] ?? last;
    const isLast = index === others.length - 2;
    const end = isLast ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length === 0 ? `L${last.x} ${last.y}` : bends.join('')}`;
}

/** The tip of an arrow, in the direction of its last part. */
function headAt(points: PlacedEdge['points']): string {
  const [before, tip] = points.slice(-2);
  if (before === undefined || tip === undefined) return '';
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const [dx, dy] = [(tip.x - before.x) / length, (tip.y - before.y) / length];
  const base = { x: tip.x - dx * 8, y: tip.y - dy * 8 };
  return `M${tip.x} ${tip.y}L${base.x - dy * 4.5} ${base.y + dx * 4.5}L${base.x + dy * 4.5} ${base.y - dx * 4.5}Z`;
}
