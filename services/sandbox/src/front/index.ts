export { createGuard, type Guard } from './guard.ts';
export { addUnrouted, answerBadUrl } from './unrouted.ts';
export { createFront, type FrontLog, type FrontMount, type FrontOptions } from './front.ts';
