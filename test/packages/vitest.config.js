import { defineConfig } from 'vitest/config';
import { project } from '../../vitest.config.js';

/** What is published, installed outside of the repository: `npm run test:packages`. It needs the registry, or npm's cache. */
export default defineConfig({
  test: {
    maxWorkers: 1,
    reporters: ['default', './test/support/summary-reporter.js'],
    projects: [
      project('packages', ['test/packages/**/*.test.ts'], {
        globalSetup: ['test/support/run-folder.js', 'test/packages/pack.js'],
      }),
    ],
  },
});
