import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import base, { longFormOnly, packagesAtLength, project, tags } from '../../vitest.config.js';

const root = join(import.meta.dirname, '../..');

const files = packagesAtLength
  .flatMap((folder) => globSync(`${folder}/src/**/*.test.ts`, { cwd: root }))
  .sort()
  .filter((file) => readFileSync(join(root, file), 'utf8').includes('fast-check'));

/** Not properties in name, but many cases of the same kind, of which `npm test` takes a few or none, or checks them in a quicker way. */
const MANY_CASES = [
  ...longFormOnly,
  'test/integration/replay/replay.test.ts',
  'test/integration/sandbox-regions.test.ts',
  'test/bench/bench.test.ts',
  'test/integration/regular-expressions/linear.test.ts',
  'test/e2e/page/appearance.test.ts',
  'test/e2e/page/reports.test.ts',
  'test/e2e/operations-page.test.ts',
  'test/e2e/elements/appearance.test.ts',
  'test/e2e/progress.test.ts',
  'test/e2e/uploader.test.ts',
  'test/e2e/uppy.test.ts',
  'test/integration/operators/deleted-journal.test.ts',
  'test/integration/telemetry/traces.test.ts',
];

/**
 * Every property of these packages at full length: `npm run test:properties`. The short form is part of `npm test`. A property runs
 * 10,000 cases; if it names a number of its own, that many.
 */
export default defineConfig({
  test: {
    maxWorkers: base.test.maxWorkers,
    tags,
    reporters: [...base.test.reporters, './test/properties/progress-reporter.js'],
    projects: [
      project('properties', [...files, ...MANY_CASES], {
        provide: { propertyRuns: 10_000, propertySeed: undefined, packagesAtLength },
        testTimeout: 1_800_000,
      }),
    ],
  },
});
