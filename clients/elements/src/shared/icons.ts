import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { NodeStatus } from '../model/tree.ts';

const dot = svg`<circle cx="8" cy="8" r="6.1" />`;

const SHAPES: Readonly<Record<NodeStatus, SVGTemplateResult>> = {
  queued: svg`<circle cx="8" cy="8" r="6.1" stroke-dasharray="2.2 2.6" />`,
  running: svg`<circle cx="8" cy="8" r="6.1" opacity=".25" /><path class="turning" d="M8 1.9A6.1 6.1 0 0 1 14.1 8" />`,
  retrying: svg`<g class="turning"><path d="M13.6 6A6 6 0 1 0 14 8.6" /><path d="M14.2 2.6 13.8 6.2 10.3 5.6" /></g>`,
  succeeded: svg`${dot}<path d="m5.2 8.2 2 2 3.7-4.2" />`,
  failed: svg`${dot}<path d="m5.9 5.9 4.2 4.2m0-4.2-4.2 4.2" />`,
  timedOut: svg`${dot}<path d="M8 4.6V8l2.2 1.6" />`,
  caught: svg`<path d="M8 2.2 14.3 13.4H1.7z" /><path d="M8 6.6v3m0 1.9v.1" />`,
  aborted: svg`${dot}<path d="M5.3 8h5.4" />`,
};

/** A status by its shape, so that nobody needs its colour. For the eye only: words stand beside it. */
export function statusIcon(status: NodeStatus): TemplateResult {
  return html`<svg class="icon" part="icon" data-status=${status} viewBox="0 0 16 16" aria-hidden="true">
    ${SHAPES[status]}
  </svg>`;
}

/** The same, inside of a drawing. */
export function statusShape(status: NodeStatus): SVGTemplateResult {
  return SHAPES[status];
}
