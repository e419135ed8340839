import { offsetOf, type ProgressEvent } from '@stepcast/contracts';
import { renderJson } from '@stepcast/wire';
import type { EventDraft } from './execution-fold.ts';

/** Events with their offsets, and the JSON text of each. */
export interface RenderedEvents {
  readonly events: readonly ProgressEvent[];
  readonly texts: readonly string[];
  /** Of the texts with a comma after each, as UTF-8. */
  readonly bytes: number;
  /** Whether details were left out. */
  readonly truncated: boolean;
}

/** What an event has beside what its record says. */
export type Measured = Pick<ProgressEvent, 'nested' | 'percent' | 'etaSeconds'>;

/** Every field by name: two spreads took longer than rendering. JSON leaves out what is undefined. */
function eventOf(draft: EventDraft, offset: number, measured: Measured): ProgressEvent {
  const event: { [Field in keyof Required<ProgressEvent>]: ProgressEvent[Field] } = {
    offset: offsetOf(offset),
    kind: draft.kind,
    time: draft.time,
    executionArn: draft.executionArn,
    step: draft.step,
    iterations: draft.iterations,
    report: draft.report,
    error: draft.error,
    gap: draft.gap,
    projections: draft.projections,
    nested: measured.nested,
    percent: measured.percent,
    etaSeconds: measured.etaSeconds,
  };
  return event;
}

function render(drafts: readonly EventDraft[], firstOffset: number, measured: Measured): RenderedEvents {
  const events = drafts.map((draft, index) => eventOf(draft, firstOffset + index, measured));
  const texts = events.map(renderJson);
  let bytes = 0;
  for (const text of texts) bytes += Buffer.byteLength(text) + 1;
  return { events, texts, bytes, truncated: false };
}

function withoutProjections({ projections: _projections, ...draft }: EventDraft): EventDraft {
  return draft;
}

function withoutMessage(draft: EventDraft): EventDraft {
  return draft.error === undefined ? draft : { ...draft, error: { name: draft.error.name } };
}

/**
 * Renders the events of one record, which stand in one entry together. Where they take more than `maxBytes`, leaves out
 * their projections, then the messages of their errors, then the events before the last that have no room: steps that
 * end with what is around them, as the last event says.
 */
export function renderWithin(
  drafts: readonly EventDraft[],
  firstOffset: number,
  measured: Measured,
  maxBytes: number,
): RenderedEvents {
  const whole = render(drafts, firstOffset, measured);
  if (whole.bytes <= maxBytes) return whole;
  const plain = drafts.map(withoutProjections);
  const withMessages = render(plain, firstOffset, measured);
  if (withMessages.bytes <= maxBytes) return { ...withMessages, truncated: true };
  const short = plain.map(withoutMessage);
  const rendered = render(short, firstOffset, measured);
  if (rendered.bytes <= maxBytes) return { ...rendered, truncated: true };
  return { ...render(fittingOf(short, rendered.texts, maxBytes), firstOffset, measured), truncated: true };
}

/** As many as have room, from the first on, and the last. */
function fittingOf(drafts: readonly EventDraft[], texts: readonly string[], maxBytes: number): EventDraft[] {
  const sizes = texts.map((text) => Buffer.byteLength(text) + 1);
  let room = maxBytes - (sizes.at(-1) ?? 0);
  return drafts.filter((_draft, index) => {
    if (index === drafts.length - 1) return true;
    room -= sizes[index] ?? 0;
    return room >= 0;
  });
}
