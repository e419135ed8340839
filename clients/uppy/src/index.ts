/**
 * Uppy plugin: uploads to S3, or leaves that to another plugin, and then each file's row goes on with the progress of the workflow that
 * the file started. Start at {@link Stepcast}.
 */
export { Stepcast as default, Stepcast } from './stepcast.ts';
export type { FollowedFile, StepcastOptions } from './options.ts';
