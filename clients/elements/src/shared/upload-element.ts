import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { definitionFor, type Definition } from '../model/definition.ts';
import type { UploadSnapshot } from '../model/upload.ts';
import { UploadModel } from '../model/upload-model.ts';
import { ServiceTime, systemClock, Ticker, type Clock } from './clock.ts';
import { statusIcon } from './icons.ts';

/** `detail` of the event `stepcast-select`. */
export interface StepSelection {
  /** Name of the state that was chosen; null where a line is none. */
  readonly step: string | null;
  /** Address of the line whose details the timeline shows; null when it shows none, and from the graph. */
  readonly line: string | null;
}

/** What the elements have in common: what they are given, and a clock. */
export abstract class UploadElement extends LitElement {
  static override properties = {
    upload: { attribute: false, hasChanged: () => true },
    definition: { attribute: false },
    clock: { attribute: false },
    label: { type: String },
  };

  declare upload: UploadSnapshot | null;
  declare definition: Definition;
  declare clock: Clock;
  declare label: string;

  protected readonly model = new UploadModel();
  readonly #time = new ServiceTime();
  readonly #ticker = new Ticker(() => {
    this.requestUpdate();
  });

  constructor() {
    super();
    this.upload = null;
    this.definition = null;
    this.clock = systemClock;
    this.label = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ticker.stop();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('upload') && !changed.has('definition')) return;
    this.model.take(this.upload, definitionFor(this.definition ?? null, this.upload?.state ?? null));
    this.#time.heard(this.model.state?.updatedAt, this.clock.now());
  }

  protected override updated(_changed: PropertyValues): void {
    const isStill = this.#asOf !== undefined;
    this.toggleAttribute('data-still', isStill);
    if (this.isConnected && this.model.isLive && !isStill) this.#ticker.start(this.clock);
    else this.#ticker.stop();
  }

  /** Milliseconds since the epoch, where the workflow runs; while nobody knows what happens, of when somebody knew. */
  protected get now(): number {
    return this.#time.at(this.#asOf ?? this.clock.now());
  }

  get #asOf(): number | undefined {
    const asOf = this.upload?.asOf ?? undefined;
    return asOf === undefined ? undefined : Date.parse(asOf);
  }

  protected select(step: string | null, line: string | null = null): void {
    const detail: StepSelection = { step, line };
    this.dispatchEvent(new CustomEvent('stepcast-select', { detail, bubbles: true, composed: true }));
  }

  /** What is shown as long as nothing has begun. */
  protected renderEmpty(): TemplateResult {
    const { waiting, state } = this.model;
    const waits = state !== null || (waiting !== undefined && waiting !== null);
    const text =
      waiting?.longerThanUsual === true
        ? 'Waiting for the workflow. This takes longer than usual.'
        : 'Waiting for the workflow to start.';
    return html`<div class="empty" part="empty">
      ${statusIcon(waits ? 'running' : 'queued')}<span>${waits ? text : 'Nothing to show yet.'}</span>
    </div>`;
  }
}
