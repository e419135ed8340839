/**
 * `<stepcast-timeline>` and `<stepcast-graph>`: a workflow as it runs, for any page. Importing this defines both.
 */
export { StepcastGraph } from './graph/define.ts';
export { StepcastTimeline } from './timeline/define.ts';
export type { Definition } from './model/definition.ts';
export type { Clock } from './shared/clock.ts';
export type { StepSelection } from './shared/upload-element.ts';
export type { UploadSnapshot } from './model/upload.ts';
export { outlineOf, type OutlineResult, type OutlineState, type WorkflowOutline } from '@stepcast/contracts';
