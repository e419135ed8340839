'use client';
/**
 * React hooks for the live progress of one person's uploads. Start at {@link ProgressProvider} and {@link useUploadProgress}.
 */
export { ProgressProvider, type ProgressProviderProps } from './progress-provider.tsx';
export type { UploadSettings, UploadSnapshot } from './upload-task.ts';
export type { OverviewProgress, UploadProgress } from './snapshots.ts';
export { useConnection } from './use-connection.ts';
export { type UseUpload, useUpload, type UseUploadOptions } from './use-upload.ts';
export { useProgressClient } from './use-progress-client.ts';
export { type ProgressOverviewOptions, useProgressOverview } from './use-progress-overview.ts';
export { useWorkflows } from './use-workflows.ts';
export { type UploadProgressOptions, useUploadProgress } from './use-upload-progress.ts';
