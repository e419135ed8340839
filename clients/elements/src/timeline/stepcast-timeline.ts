import { html, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import {
  countLines,
  filterTree,
  hasFoldedAway,
  isFiltering,
  NO_FILTER,
  WORTH_A_FILTER,
  type Filter,
} from '../model/filter.ts';
import { keyAction, searchRow } from '../model/keyboard.ts';
import { hasDetails, lineAt, linesOf, type Line } from '../model/lines.ts';
import { rowsOf, type Row } from '../model/rows.ts';
import { spanOf, type TreeNode } from '../model/tree.ts';
import { formatDuration } from '../model/words.ts';
import { theme } from '../shared/theme.ts';
import { UploadElement } from '../shared/upload-element.ts';
import { axisOf, labelAnchor, percentAt, type Axis } from './axis.ts';
import { detailsTemplate } from './details.ts';
import { filterBar } from './filter-bar.ts';
import { panelStyles } from './panel-styles.ts';
import { rowTemplate } from './row.ts';
import { timelineStyles } from './styles.ts';

/** Letters that follow one another within this time are one search. */
const TYPING_MS = 700;

/**
 * `<stepcast-timeline>`: what a workflow did and does, as a tree with bars.
 *
 * Set `upload` to the newest snapshot each time that it changes, the same object or another. `definition` puts steps of parallel
 * branches where they belong. Fires `stepcast-select` when somebody chooses a line, and when its details are closed.
 */
export class StepcastTimeline extends UploadElement {
  static override styles = [theme, timelineStyles, panelStyles];
  static override properties = { ...UploadElement.properties, selected: { type: String } };

  /**
   * Address of the line whose details are shown, or the name of a state; null for none. What `stepcast-select` gives as `line`; the same after a
   * reload, so that it can be in the address of the page.
   */
  declare selected: string | null;

  #toggled = new Map<string, boolean>();
  /** What is open while a filter is on. */
  #toggledInFilter = new Map<string, boolean>();
  #filter = NO_FILTER;
  /** Once there were many lines, the filter stays. */
  #isLong = false;
  #shown: Line | undefined;
  /** ID of the line that was opened to. It opens once, so that somebody can fold it away again. */
  #revealed: string | undefined;
  #tree: readonly TreeNode[] = [];
  #active: string | null = null;
  #rows: readonly Row[] = [];
  #typed = '';
  #typedAt = 0;
  #focusActive = false;
  #keepInSight = false;

  constructor() {
    super();
    this.selected = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = this.model.state?.uploadId;
    super.willUpdate(changed);
    if (before !== undefined && before !== this.model.state?.uploadId) {
      this.#forget();
      if (!changed.has('selected')) this.selected = null;
    }
    this.#tree = this.model.tree();
    this.#isLong ||= countLines(this.#tree, WORTH_A_FILTER) >= WORTH_A_FILTER;
    this.#settleSelected();
  }

  /** What somebody did with one upload says nothing of the next. */
  #forget(): void {
    this.#toggled = new Map();
    this.#changeFilter(NO_FILTER);
    this.#isLong = false;
  }

  /** Finds the line whose details are shown. The first time, what is around it opens. */
  #settleSelected(): void {
    const { selected } = this;
    // A page that has nothing to say may say undefined.
    const address = selected ?? '';
    this.#shown = address === '' ? undefined : lineAt(this.#tree, address);
    const id = this.#shown?.node.id;
    if (id === this.#revealed) return;
    this.#revealed = id;
    if (this.#shown === undefined || id === undefined) return;
    for (const one of this.#shown.around) this.#toggled.set(one.id, true);
    this.#active = id;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const row = this.#rowElement();
    if (this.#focusActive) row?.focus();
    // Details that have just come may lie over the line that was chosen. Where nothing has a size, nothing scrolls.
    if (this.#keepInSight && row !== null && 'scrollIntoView' in row)
      row.scrollIntoView({ block: 'nearest' });
    this.#focusActive = false;
    this.#keepInSight = false;
  }

  protected override render(): TemplateResult {
    const { now } = this;
    const span = spanOf(this.#tree, now);
    if (span === null) return this.renderEmpty();
    const filtered = isFiltering(this.#filter) ? filterTree(this.#tree, this.#filter) : undefined;
    this.#rows = rowsOf(filtered?.tree ?? this.#tree, this.#openOnes);
    this.#settleActive();
    const axis = axisOf(span, this.model.isLive);
    const words = this.label === '' ? 'Steps of the workflow' : this.label;
    const shown = this.#shown;
    return html`
      ${
        this.#isLong
          ? filterBar(this.#filter, {
              matches: filtered?.matches,
              isPartial: hasFoldedAway(this.#tree),
              of: words,
              change: (filter) => this.#changeFilter(filter),
            })
          : nothing
      }
      <div class="body" ?data-details=${shown !== undefined}>
        <div class="lines">
          <div class="head" part="head" aria-hidden="true">
            <span class="name">Step</span>
            <svg class="axis">${axisTemplate(axis)}</svg>
            <span class="time">Duration</span>
          </div>
          ${
            this.#rows.length === 0
              ? html`<div class="empty" part="empty">No step is like this.</div>`
              : html`<div
                  class="tree"
                  part="tree"
                  role="tree"
                  aria-label=${words}
                  @keydown=${this.#onKeyDown}
                  @click=${this.#onClick}
                  @focusin=${this.#onFocus}
                >
                  ${repeat(
                    this.#rows,
                    ({ node }) => node.id,
                    (row) =>
                      rowTemplate(row, axis, now, {
                        isActive: row.node.id === this.#active,
                        isSelected: row.node.id === shown?.node.id,
                      }),
                  )}
                </div>`
          }
        </div>
        ${
          shown === undefined
            ? nothing
            : detailsTemplate(shown, {
                from: span.from,
                now,
                close: this.#close,
                onKeyDown: this.#onPanelKey,
              })
        }
      </div>
      <span class="hidden" role="status"
        >${shown === undefined ? '' : `Details of ${shown.node.label} are shown`}</span
      >
    `;
  }

  get #openOnes(): Map<string, boolean> {
    return isFiltering(this.#filter) ? this.#toggledInFilter : this.#toggled;
  }

  #changeFilter(filter: Filter): void {
    this.#filter = filter;
    this.#toggledInFilter = new Map();
    this.requestUpdate();
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
    if (event.key === 'Escape' && this.#shown !== undefined) {
      event.preventDefault();
      this.#close();
      return;
    }
    const action = keyAction(this.#rows, this.#active, event.key);
    if (action === undefined) {
      if (event.key.length === 1) this.#search(event.key);
      return;
    }
    event.preventDefault();
    for (const [id, open] of action.toggle ?? []) this.#openOnes.set(id, open);
    if (action.activate !== undefined) this.#active = action.activate;
    this.#focusActive = true;
    this.requestUpdate();
    if (event.key === 'Enter') this.#tell();
  };

  /** Who hears the page may go to any line without the keys of the tree. */
  readonly #onFocus = (event: FocusEvent): void => {
    const id = event.target instanceof HTMLElement ? event.target.dataset['id'] : undefined;
    if (id === undefined || id === this.#active) return;
    this.#active = id;
    this.requestUpdate();
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
    const target = event.target instanceof Element ? event.target : null;
    const element = target?.closest<HTMLElement>('.row') ?? null;
    const row = this.#rows.find(({ node }) => node.id === element?.dataset['id']);
    if (row === undefined) return;
    const { node, expanded } = row;
    const isChevron = (target?.closest('.chevron') ?? null) !== null;
    const isShown = node.id === this.#shown?.node.id;
    // What is open stays so when somebody only wants its details.
    const staysOpen = expanded === true && hasDetails(node) && !isChevron && !isShown;
    this.#active = node.id;
    if (expanded !== undefined && !staysOpen) this.#openOnes.set(node.id, !expanded);
    this.#focusActive = true;
    this.requestUpdate();
    if (!isChevron || expanded === undefined) this.#tell();
  };

  /** Shows the details of the line that was chosen. One that only counts has none, and leaves those of another. */
  #tell(): void {
    const node = this.#rows.find((row) => row.node.id === this.#active)?.node;
    if (node === undefined) return;
    if (hasDetails(node)) {
      const line = [...linesOf(this.#tree)].find((one) => one.node.id === node.id);
      this.selected = line?.address ?? null;
      this.#revealed = node.id;
      this.#keepInSight = true;
    }
    this.select(node.step ?? null, this.selected);
  }

  readonly #close = (): void => {
    const isInPanel = (this.shadowRoot?.activeElement?.closest('.details') ?? null) !== null;
    const id = this.#shown?.node.id;
    if (isInPanel && this.#rows.some(({ node }) => node.id === id)) this.#active = id ?? null;
    this.#focusActive = isInPanel;
    this.selected = null;
    this.select(null);
  };

  readonly #onPanelKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.#close();
  };
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
