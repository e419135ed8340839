import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { tags } from '../../../vitest.config.js';

const root = join(import.meta.dirname, '../../..');

/**
 * What runs against each mutant: the tests of the domain, but for those of sizes, which are slow, and a size has room on
 * both sides. Properties are tried with few cases, always the same ones, so that a result repeats.
 */
export default defineConfig({
  root,
  ssr: { resolve: { conditions: ['stepcast-source'], externalConditions: ['stepcast-source'] } },
  test: {
    tags,
    include: ['services/correlator/src/domain/**/*.test.ts'],
    exclude: ['**/*-size.test.ts', '**/node_modules/**'],
    // The domain needs the base of errors only; the whole of it takes longer to load than all tests to run.
    alias: [{ find: /^@stepcast\/kit$/, replacement: join(root, 'services/kit/src/errors.ts') }],
    setupFiles: ['test/support/properties.ts'],
    provide: { runSeed: 1, propertyRuns: 5, propertySeed: 1, packagesAtLength: [] },
    testTimeout: 180_000,
  },
});
