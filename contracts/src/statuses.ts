import type { UploadStatus } from './state.ts';

// Apart from the schemas, so that a bundle of the fold holds no zod.

/** Whether an upload in this status has ended. A redrive may make it run again. */
export function isTerminal(status: UploadStatus): boolean {
  return status !== 'queued' && status !== 'running';
}
