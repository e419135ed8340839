/**
 * Mutation tests of the correlator's rules: `npm run mutation`, or of one file with
 * `npm run mutation -- --mutate services/correlator/src/domain/release.ts`.
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['services/correlator/src/domain/**/*.ts', '!**/*.test.ts'],
  testRunner: 'vitest',
  vitest: { configFile: 'services/correlator/mutation/vitest.config.js', related: false },
  coverageAnalysis: 'perTest',
  // Each needs the modules loaded anew and all tests: they are 3 % of the mutants, and would take most of the time.
  ignoreStatic: true,
  concurrency: 2,
  // Endless loops are found by counting; a machine that is busy must not look like one.
  timeoutMS: 60_000,
  reporters: ['progress', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  thresholds: { high: 90, low: 85, break: 85 },
};
