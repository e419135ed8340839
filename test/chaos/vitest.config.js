import { defineConfig } from 'vitest/config';
import { project } from '../../vitest.config.js';

/** The long forms, which take minutes: `npm run test:chaos:clients`. The short ones are part of `npm test`. */
export default defineConfig({
  test: {
    // One after the other, each in a process of its own: what is measured is not to bear what another test left behind.
    maxWorkers: 1,
    reporters: ['default', './test/support/summary-reporter.js'],
    projects: [project('chaos', ['test/chaos/**/*.long.ts'], { isolate: true })],
  },
});
