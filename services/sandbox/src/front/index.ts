export { createFront, type FrontLog, type FrontMount, type FrontOptions } from './front.ts';
