/** What tests of other packages share with those of the interpreter. */
export { FakeTime } from './testing/fake-time.ts';
export { failing, handler, machine, never, task } from './testing/definitions.ts';
export { sandbox } from './testing/harness.ts';
