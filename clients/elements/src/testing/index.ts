/** Runs of a workflow that nobody has to deploy: to see the elements, and to test pages that hold them. */
export { sampleDefinition, sampleOutline } from './sample-definition.ts';
export { SAMPLE_START, SampleRun } from './sample-run.ts';
export {
  begun,
  failed,
  finished,
  reporting,
  reportingSideBySide,
  runningMap,
  thousands,
} from './sample-runs.ts';
