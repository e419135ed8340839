import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import base, { project, tags } from '../../vitest.config.js';

const root = join(import.meta.dirname, '../..');

/** What has to come out right whatever order, repetition, cut, loss and nonsense comes in. */
const CORRELATION = ['services/kit','services/engine','services/asl-interpreter'];
const X = [
  'contracts',
  'services/wire',
  'services/forwarder',
  'services/correlator',
  'services/publisher',
  'clients/web',
];

const files = CORRELATION.flatMap((folder) => globSync(`${folder}/src/**/*.test.ts`, { cwd: root }))
  .sort()
  .filter((file) => readFileSync(join(root, file), 'utf8').includes('fast-check'));

/** Not properties in name, but many cases of the same kind, of which `npm test` takes a few, or looks at them in a quicker way. */
const MANY_CASES = [
  'test/integration/replay/replay.test.ts',
  'test/integration/regular-expressions/linear.test.ts',
  'test/e2e/page/looks.test.ts',
  'test/e2e/page/reports.test.ts',
  'test/e2e/operations-page.test.ts',
  'test/e2e/elements/looks.test.ts',
  'test/e2e/uploader.test.ts',
  'test/e2e/large-file.test.ts',
];

/** All 10,000 cases of properties with the tag `few-cases` as well, which takes an hour more. */
const ALL = process.env.STEPCAST_ALL_CASES === '1';

/** Every property of correlation at full length: `npm run test:properties`. The short form is part of `npm test`. */
export default defineConfig({
  test: {
    maxWorkers: base.test.maxWorkers,
    tags,
    reporters: [...base.test.reporters, './test/properties/progress-reporter.js'],
    projects: [
      project('properties', [...files], {
        provide: { propertyRuns: 10_000, fewPropertyRuns: ALL ? 10_000 : 2_000, propertySeed: undefined },
        testTimeout: 1_800_000,
      }),
    ],
  },
});
