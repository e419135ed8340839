import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap triple before the next full collection. V8's limit for the whole heap holds as before.
 *
 * By itself V8 collects after a tenth more where little is allocated, as in an engine that is far from busy. Each of these
 * collections takes some 50 ms of the cores beside the work, and the slowest hundredth of the messages waits for it
 * (docs/performance.md has the figures). V8 reads the flag whenever it decides when to collect next, so it may be set while
 * the process runs.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=200');
}
