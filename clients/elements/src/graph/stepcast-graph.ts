import type { WorkflowOutline } from '@stepcast/contracts';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { STATUS_WORDS } from '../model/words.ts';
import { theme } from '../shared/theme.ts';
import { UploadElement } from '../shared/upload-element.ts';
import { drawing, LINE_HEIGHT, TITLE_MARGINS } from './drawing.ts';
import {
  graphOf,
  outlineToDraw,
  progressOf,
  START,
  type GraphNode,
  type GraphProgress,
  type GraphScope,
} from './graph-model.ts';
import type { GraphLayout } from './layout.ts';
import { graphStyles } from './styles.ts';
import { textAlternative } from './text-alternative.ts';
import { TextMeter } from './text-meter.ts';

const ZOOM_STEP = 1.25;
const [LEAST_ZOOM, MOST_ZOOM] = [0.25, 2];
/** Smaller than this nobody reads; what does not fit then is reached by scrolling. */
const LEAST_FIT = 0.7;
const [LEAST_WIDTH, MOST_WIDTH] = [160, 240];
/** A Map has to say more: `1,958 of 2,000 done, 2 failed`. */
const LEAST_MAP_WIDTH = 236;
/** As must what is inside of one: `Task · 1,960 of 2,000 done`. */
const LEAST_COUNTED_WIDTH = 212;

/** States that are drawn. The layout of more would hold up the page for seconds. */
export const MAX_STATES = 300;

interface Drawn {
  /** Structure that it was laid out for. */
  readonly key: string;
  readonly scope: GraphScope;
  readonly layout: GraphLayout;
}

/**
 * `<stepcast-graph>`: the states of a workflow, how each is, and the ways that were taken.
 *
 * Set `upload` as for the timeline, and `definition` where you have it: without, the graph grows with what has been seen. The library
 * that lays it out is loaded with the first graph. Fires `stepcast-select` when somebody chooses a state.
 */
export class StepcastGraph extends UploadElement {
  static override styles = [theme, graphStyles];

  #drawn: Drawn | undefined;
  #wanted = '';
  #tooMany = false;
  #zoom: number | undefined;
  #width = 0;
  #meter: TextMeter | undefined;
  #observer: ResizeObserver | undefined;
  /** What was brought into sight last: a state, or where everything begins. */
  #inSight: string | undefined;
  /** Somebody moves the drawing or uses a key in it: what they see stays where it is. */
  #isMovedByHand = false;

  override connectedCallback(): void {
    super.connectedCallback();
    // Where nothing has a size, as in jsdom, an app's tests see the states in words.
    if (typeof ResizeObserver === 'undefined') return;
    this.#observer = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      if (Math.abs(width - this.#width) < 1) return;
      this.#width = width;
      this.requestUpdate();
    });
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = this.model.state?.uploadId;
    super.willUpdate(changed);
    if (before !== this.model.state?.uploadId) this.#isMovedByHand = false;
    const outline = outlineToDraw(this.model);
    const key = outline === null ? '' : JSON.stringify(outline.states);
    if (key === this.#wanted) return;
    this.#wanted = key;
    this.#tooMany = (outline?.states.length ?? 0) > MAX_STATES;
    if (outline === null || this.#tooMany) this.#drawn = undefined;
    else void this.#layOut(outline, key);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#bringIntoSight();
  }

  /** Where a drawing is larger than its place, what runs is brought into sight; at first, and at the end, what has been. */
  #bringIntoSight(): void {
    const scroll = this.shadowRoot?.querySelector('.scroll');
    const drawn = this.#drawn;
    if (scroll === null || scroll === undefined || drawn === undefined || this.#width === 0) return;
    const name = runningLeaf(drawn.layout, progressOf(this.model)) ?? this.#inSight ?? START;
    if (this.#isMovedByHand || name === this.#inSight) return;
    const place = drawn.layout.nodes.find(({ node }) => node.name === name);
    if (place === undefined) return;
    const isFirst = this.#inSight === undefined;
    this.#inSight = name;
    const zoom = this.#zoom ?? this.#fit(drawn.layout);
    const isCalm = isFirst || matchMedia('(prefers-reduced-motion: reduce)').matches;
    scroll.scrollTo({
      left: (place.x + place.width / 2) * zoom - scroll.clientWidth / 2,
      top: (place.y + place.height / 2) * zoom - scroll.clientHeight / 2,
      behavior: isCalm ? 'instant' : 'smooth',
    });
  }

  readonly #onMoveByHand = (): void => {
    this.#isMovedByHand = true;
  };

  async #layOut(outline: WorkflowOutline, key: string): Promise<void> {
    const scope = graphOf(outline);
    const { layoutGraph, NODE_HEIGHT } = await import('./layout.ts');
    if (key !== this.#wanted) return;
    const meter = this.#textMeter();
    const widthOf = ({ name, type }: GraphNode, isInMap = false) => {
      const least = type === 'Map' ? LEAST_MAP_WIDTH : isInMap ? LEAST_COUNTED_WIDTH : LEAST_WIDTH;
      return Math.min(MOST_WIDTH, Math.max(least, Math.ceil(meter.width(name, 'title')) + 50));
    };
    const heightOf = ({ name }: GraphNode, width: number) =>
      NODE_HEIGHT + (meter.lines(name, width - TITLE_MARGINS, 'title').length - 1) * LINE_HEIGHT;
    this.#drawn = { key, scope, layout: layoutGraph(scope, widthOf, heightOf) };
    this.requestUpdate();
  }

  #textMeter(): TextMeter {
    const family = getComputedStyle(this).fontFamily;
    this.#meter ??= new TextMeter(document.createElement('canvas').getContext('2d'), family);
    return this.#meter;
  }

  protected override render(): TemplateResult {
    if (this.#wanted === '') return this.renderEmpty();
    if (this.#tooMany)
      return html`<div class="empty" part="empty">
        This workflow has more than ${MAX_STATES} states, too many for a graph. The timeline shows its steps.
      </div>`;
    if (this.#drawn === undefined) return html`<div class="empty" part="empty">Drawing the workflow …</div>`;
    const { scope, layout } = this.#drawn;
    const progress = progressOf(this.model);
    const zoom = this.#zoom ?? this.#fit(layout);
    const status = this.model.state?.status;
    const words = this.label === '' ? 'Graph of the workflow' : this.label;
    return html`
      <div
        class="scroll"
        part="scroll"
        role="group"
        tabindex="0"
        @wheel=${this.#onMoveByHand}
        @pointerdown=${this.#onMoveByHand}
        @keydown=${this.#onMoveByHand}
        aria-label=${`${words}${status === undefined ? '' : `, ${STATUS_WORDS[status]}`}`}
      >
        <div class="hidden">${textAlternative(scope, progress)}</div>
        <svg
          class="drawing"
          part="drawing"
          aria-hidden="true"
          width=${Math.round(layout.width * zoom)}
          height=${Math.round(layout.height * zoom)}
          viewBox=${`0 0 ${layout.width} ${layout.height}`}
          @click=${this.#onClick}
        >
          ${drawing(layout, progress, this.#textMeter())}
        </svg>
      </div>
      <div class="tools" part="tools" role="group" aria-label=${`Size, ${words}`}>
        <button
          type="button"
          aria-label=${`Smaller, ${words}`}
          @click=${() => this.#zoomTo(zoom / ZOOM_STEP)}
        >
          −
        </button>
        <button type="button" aria-label=${`Larger, ${words}`} @click=${() => this.#zoomTo(zoom * ZOOM_STEP)}>
          +
        </button>
        ${this.#zoom === undefined ? nothing : html`<button type="button" aria-label=${`Fit, ${words}`} @click=${() => this.#zoomTo(undefined)}>Fit</button>`}
      </div>
    `;
  }

  #fit({ width }: GraphLayout): number {
    return this.#width === 0 ? 1 : Math.min(1, Math.max(LEAST_FIT, this.#width / width));
  }

  #zoomTo(zoom: number | undefined): void {
    this.#zoom = zoom === undefined ? undefined : Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom));
    this.requestUpdate();
  }

  readonly #onClick = (event: MouseEvent): void => {
    const node = event.target instanceof Element ? event.target.closest<SVGElement>('[data-step]') : null;
    if (node !== null) this.select(node.dataset['step'] ?? null);
  };
}

/** The state that works: of those that run, the last one that nothing is inside of. */
function runningLeaf({ nodes }: GraphLayout, { steps }: GraphProgress): string | undefined {
  const isRunning = (name: string) => {
    const status = steps.get(name)?.status;
    return status === 'running' || status === 'retrying';
  };
  return nodes.findLast(({ node }) => node.inside.length === 0 && isRunning(node.name))?.node.name;
}
