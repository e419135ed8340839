/** What the elements draw, without anything to draw it with. */
export { formatCount, MAX_IN_GROUP, MAX_LISTED } from './groups.ts';
export { rowsOf, type Row, type Toggled } from './rows.ts';
export { TraceFold } from './trace-fold.ts';
export type * from './trace.ts';
export { spanOf, workflowName, type Counts, type NodeStatus, type TreeNode } from './tree.ts';
export type { UploadSnapshot } from './upload.ts';
export { UploadModel } from './upload-model.ts';
export { formatDuration, namePieces, STATUS_WORDS } from './words.ts';
