import { StepcastGraph } from './stepcast-graph.ts';

declare global {
  interface HTMLElementTagNameMap {
    'stepcast-graph': StepcastGraph;
  }
}

if (customElements.get('stepcast-graph') === undefined)
  customElements.define('stepcast-graph', StepcastGraph);

export { StepcastGraph };
export type { Clock } from '../shared/clock.ts';
export type { StepSelection } from '../shared/upload-element.ts';
export type { UploadSnapshot } from '../model/upload.ts';
