/**
 * What a child process needs of our environment when it gets one of its own: where a test run keeps compiled sources
 * (test/support/run-folder.js), so that not every child compiles them again.
 */
export const compileCache: Readonly<Record<string, string | undefined>> = {
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};
