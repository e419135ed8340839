import { html, svg, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { keyAction, searchRow } from '../model/keyboard.ts';
import { rowsOf, type Row } from '../model/rows.ts';
import { spanOf } from '../model/tree.ts';
import { formatDuration } from '../model/words.ts';
import { theme } from '../shared/theme.ts';
import { UploadElement } from '../shared/upload-element.ts';
import { axisOf, labelAnchor, percentAt, type Axis } from './axis.ts';
import { rowTemplate } from './row.ts';
import { timelineStyles } from './styles.ts';

/** Letters that follow one another within this time are one search. */
const TYPING_MS = 700;

/**
 * `<stepcast-timeline>`: what a workflow did and does, as a tree with bars.
 *
 * Set `upload` to the newest snapshot each time that it changes, the same object or another. `definition` puts steps of parallel
 * branches where they belong. Fires `stepcast-select` when somebody chooses a line.
 */
export class StepcastTimeline extends UploadElement {
  static override styles = [theme, timelineStyles];

  #toggled = new Map<string, boolean>();
  #active: string | null = null;
  #rows: readonly Row[] = [];
  #typed = '';
  #typedAt = 0;
  #focusActive = false;

  protected override willUpdate(changed: PropertyValues): void {
    const before = this.model.state?.uploadId;
    super.willUpdate(changed);
    if (before !== this.model.state?.uploadId) this.#toggled = new Map();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (!this.#focusActive) return;
    this.#focusActive = false;
    this.#rowElement()?.focus();
  }

  protected override render(): TemplateResult {
    const { now } = this;
    const tree = this.model.tree();
    const span = spanOf(tree, now);
    this.#rows = rowsOf(tree, this.#toggled);
    if (span === null || this.#rows.length === 0) return this.renderEmpty();
    this.#settleActive();
    const axis = axisOf(span, this.model.isLive);
    return html`
      <div class="head" part="head" aria-hidden="true">
        <span class="name">Step</span>
        <svg class="axis">${axisTemplate(axis)}</svg>
        <span class="time">Duration</span>
      </div>
      <div
        class="tree"
        part="tree"
        role="tree"
        aria-label=${this.label === '' ? 'Steps of the workflow' : this.label}
        @keydown=${this.#onKeyDown}
        @click=${this.#onClick}
      >
        ${repeat(
          this.#rows,
          ({ node }) => node.id,
          (row) => rowTemplate(row, axis, now, row.node.id === this.#active),
        )}
      </div>
    `;
  }

  /** One row is in the order of Tab. One that is gone leaves that to the first. */
  #settleActive(): void {
    if (this.#rows.some(({ node }) => node.id === this.#active)) return;
    this.#focusActive = this.#rowElement() !== null && this.shadowRoot?.activeElement === this.#rowElement();
    this.#active = this.#rows[0]?.node.id ?? null;
  }

  #rowElement(): HTMLElement | null {
    return this.shadowRoot?.querySelector<HTMLElement>('.row[tabindex="0"]') ?? null;
  }

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keyAction(this.#rows, this.#active, event.key);
    if (action === undefined) {
      if (event.key.length === 1) this.#search(event.key);
      return;
    }
    event.preventDefault();
    for (const [id, open] of action.toggle ?? []) this.#toggled.set(id, open);
    if (action.activate !== undefined) this.#active = action.activate;
    this.#focusActive = true;
    this.requestUpdate();
    if (event.key === 'Enter') this.#tell();
  };

  #search(letter: string): void {
    const now = this.clock.now();
    this.#typed = now - this.#typedAt > TYPING_MS ? letter : this.#typed + letter;
    this.#typedAt = now;
    const found = searchRow(this.#rows, this.#active, this.#typed);
    if (found === undefined) return;
    this.#active = found;
    this.#focusActive = true;
    this.requestUpdate();
  }

  readonly #onClick = (event: MouseEvent): void => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>('.row') : null;
    const row = this.#rows.find(({ node }) => node.id === element?.dataset['id']);
    if (row === undefined) return;
    this.#active = row.node.id;
    if (row.expanded !== undefined) this.#toggled.set(row.node.id, !row.expanded);
    this.#focusActive = true;
    this.requestUpdate();
    this.#tell();
  };

  #tell(): void {
    this.select(this.#rows.find(({ node }) => node.id === this.#active)?.node.step ?? null);
  }
}

function axisTemplate(axis: Axis): readonly TemplateResult<2>[] {
  return axis.ticks.map((tick) => {
    const at = percentAt(axis, axis.from + tick);
    const label = tick === 0 ? '0' : formatTick(tick);
    return svg`<text x=${`${at}%`} y="20" text-anchor=${labelAnchor(at, label)}>${label}</text>`;
  });
}

/** Round numbers need no decimals. */
function formatTick(ms: number): string {
  return formatDuration(ms).replace('.0 s', ' s').replace(' min 0 s', ' min').replace(' h 0 min', ' h');
}
