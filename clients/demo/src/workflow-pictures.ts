import type { UploadState, WorkflowOutline } from '@stepcast/contracts';
import type { StepcastGraph } from '@stepcast/elements/graph';
import type { StepcastTimeline } from '@stepcast/elements/timeline';
import type { UploadWatch } from '@stepcast/web';
import { el } from './dom.ts';

/** What is shown of an upload. */
export interface Shown {
  readonly state: UploadState;
  /** With its events, where it is followed. */
  readonly watch: UploadWatch | undefined;
  /** Until when it was known to be so, ISO 8601; undefined while it is. */
  readonly asOf: string | undefined;
}

/** One view of the steps of an upload. It is made when it is first selected. */
export interface DetailView {
  readonly root: HTMLElement;
  update(shown: Shown): void;
}

/** The line whose details are shown, and what to do when somebody chooses another. */
export interface LineChoice {
  current(): string | null;
  choose(line: string | null): void;
}

/** A timeline or a graph. Its code is loaded when the first one is selected. */
export function picture(
  load: () => Promise<StepcastTimeline | StepcastGraph>,
  label: string,
  outline: WorkflowOutline | null,
  choice?: LineChoice,
): DetailView {
  const root = el('div', { class: 'picture' }, el('p', { class: 'hint' }, 'Drawing…'));
  let element: StepcastTimeline | StepcastGraph | undefined;
  let newest: Shown | undefined;

  function show(): void {
    if (element === undefined || newest === undefined) return;
    const { state, watch, asOf } = newest;
    element.upload = { state, events: watch?.events, asOf };
    if (choice !== undefined && 'selected' in element) element.selected = choice.current();
  }

  load().then(
    (made) => {
      made.label = label;
      made.definition = outline;
      element = made;
      made.addEventListener('stepcast-select', (event) => {
        if (event instanceof CustomEvent && 'selected' in made) choice?.choose(made.selected);
      });
      root.replaceChildren(made);
      show();
    },
    () => root.replaceChildren(el('p', { class: 'form-problem' }, 'The picture could not be loaded.')),
  );
  return {
    root,
    update(shown) {
      newest = shown;
      show();
    },
  };
}

export async function timeline(): Promise<StepcastTimeline> {
  await import('@stepcast/elements/timeline');
  return document.createElement('stepcast-timeline');
}

export async function graph(): Promise<StepcastGraph> {
  await import('@stepcast/elements/graph');
  return document.createElement('stepcast-graph');
}

/** What will run, before anybody has uploaded anything. */
export function workflowPreview(outline: WorkflowOutline): HTMLElement {
  const view = picture(graph, 'Graph of the workflow', outline);
  return el(
    'section',
    { class: 'preview', 'aria-label': 'The workflow' },
    el('h2', {}, 'What will run'),
    view.root,
  );
}
