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

function render(drafts: readonly EventDraft[], firstOffset: number, measured: Measured): RenderedEvents {
  const events: ProgressEvent[] = [];
  const texts: string[] = [];
  let bytes = 0;
  for (const draft of drafts) {
    const event: ProgressEvent = { offset: offsetOf(firstOffset + events.length), ...draft, ...measured };
    const text = renderJson(event);
    events.push(event);
    texts.push(text);
    bytes += Buffer.byteLength(text) + 1;
  }
  return { events, texts, bytes, truncated: false };
}

function withoutProjections({ projections: _projections, ...draft }: EventDraft): EventDraft {
  return draft;
}

function withoutMessage(draft: EventDraft): EventDraft {
  return draft.error === undefined ? draft : { ...draft, error: { name: draft.error.name } };
}

/** Renders one way after the other until the text fits. The last way fits as many events as it can. */
const ways: readonly ((draft: EventDraft) => EventDraft)[] = [
  (draft) => draft,
  withoutProjections,
  (draft) => withoutMessage(withoutProjections(draft)),
];

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
  let rendered = render([], firstOffset, measured);
  for (const [index, way] of ways.entries()) {
    rendered = render(drafts.map(way), firstOffset, measured);
    if (rendered.bytes <= maxBytes) return { ...rendered, truncated: index > 0 };
  }
  const sizes = rendered.texts.map((text) => Buffer.byteLength(text) + 1);
  let room = maxBytes - (sizes.at(-1) ?? 0);
  const fitting = drafts.filter((_draft, index) => {
    if (index === drafts.length - 1) return true;
    room -= sizes[index] ?? 0;
    return room >= 0;
  });
  return {
    ...render(fitting.map(withoutProjections).map(withoutMessage), firstOffset, measured),
    truncated: true,
  };
}
