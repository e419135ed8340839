/** The demo workflow and its functions, and the way a user's own take their place. */
export * from './errors.ts';
export type { Handler, HandlerContext, Handlers } from './handler.ts';
export { findDefinition, labelOf, type DefinitionSource } from './definition-source.ts';
export { loadUserWorkflow } from './load-user-workflow.ts';
export { describeWarning, type Warning } from './mend-definition.ts';
export { isThrottledFirst } from './photo-handlers.ts';
export { PHOTO_FUNCTIONS, PHOTO_STATES, photoPipeline } from './photo-pipeline.ts';
export { PHOTO_LIMITS, type PictureTool } from './picture-tool.ts';
export { watchFiles } from './watch-files.ts';
export { photoWorkflow, type Printing, type Workflow } from './workflow.ts';
