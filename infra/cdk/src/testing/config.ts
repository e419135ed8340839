/**
 * The environment of the process that synthesizes. CDK checks every template with rules of its own unless switched off,
 * which takes more than twice as long as synthesis itself: one test has it done.
 */
export function childEnvironment(checked: boolean): NodeJS.ProcessEnv {
  return { ...process.env, CDK_VALIDATION: String(checked) };
}

/** What the suites of one run of the tests share; `undefined` outside of `npm test`. `test/support/run-folder.js` makes it. */
export function runFolder(): string | undefined {
  return process.env['STEPCAST_TEST_RUN'];
}
