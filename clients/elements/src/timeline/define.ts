import { StepcastTimeline } from './stepcast-timeline.ts';

declare global {
  interface HTMLElementTagNameMap {
    'stepcast-timeline': StepcastTimeline;
  }
}

if (customElements.get('stepcast-timeline') === undefined)
  customElements.define('stepcast-timeline', StepcastTimeline);

export { StepcastTimeline };
export type { Clock } from '../shared/clock.ts';
export type { StepSelection } from '../shared/upload-element.ts';
export type { UploadSnapshot } from '../model/upload.ts';
