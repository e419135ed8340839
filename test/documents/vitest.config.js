import { defineConfig } from 'vitest/config';
import { project } from '../../vitest.config.js';

/** The commands that documents show, in a fresh copy of the repository: `npm run test:documents`. It needs npm's registry, or its cache. */
export default defineConfig({
  test: {
    maxWorkers: 1,
    reporters: ['default', './test/support/summary-reporter.js'],
    projects: [project('documents', ['test/documents/**/*.test.ts'])],
  },
});
