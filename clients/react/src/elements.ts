'use client';
/**
 * `<stepcast-timeline>` and `<stepcast-graph>` as React components. Apart from the hooks, so that a page without pictures does not load
 * what draws them.
 */
import { createComponent, type EventName } from '@lit/react';
import { StepcastGraph, StepcastTimeline, type StepSelection } from '@stepcast/elements';
import * as react from 'react';

export type { StepSelection, UploadSnapshot } from '@stepcast/elements';
export { outlineOf, type WorkflowOutline } from '@stepcast/elements';

// `@lit/react` takes the type of an event from this assertion.
const onStepSelect = 'stepcast-select' as EventName<CustomEvent<StepSelection>>;

/**
 * What a workflow did and does, as a tree with bars. Give it what `useUploadProgress(target, { events: true })` gives as `upload`.
 */
export const UploadTimeline = createComponent({
  react,
  tagName: 'stepcast-timeline',
  elementClass: StepcastTimeline,
  events: { onStepSelect },
  displayName: 'UploadTimeline',
});

/** The states of a workflow and the ways that were taken. Props as for the timeline; with `definition`, also what lies ahead. */
export const UploadGraph = createComponent({
  react,
  tagName: 'stepcast-graph',
  elementClass: StepcastGraph,
  events: { onStepSelect },
  displayName: 'UploadGraph',
});
