import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import base from '../../jest.config.js';

const rootDir = join(import.meta.dirname, '../..');
const unit = base.projects.find(({ displayName }) => displayName === 'unit');

/** What has to come out right whatever order, repetition, cut, loss and nonsense comes in. */
const CORRELATION = [
  'contracts',
  'services/wire',
  'services/forwarder',
  'services/correlator',
  'services/publisher',
  'clients/web',
];

const files = CORRELATION.flatMap((folder) => globSync(`${folder}/src/**/*.test.ts`, { cwd: rootDir }))
  .sort()
  .filter((file) => readFileSync(join(rootDir, file), 'utf8').includes('fast-check'));

/** Every property of correlation at full length: `npm run test:properties`. The short form is part of `npm test`. */
export default {
  rootDir,
  maxWorkers: base.maxWorkers,
  workerIdleMemoryLimit: base.workerIdleMemoryLimit,
  reporters: [...base.reporters, join(rootDir, 'test/properties/progress-reporter.js')],
  projects: [
    {
      ...unit,
      rootDir,
      displayName: 'properties',
      testMatch: files.map((file) => `<rootDir>/${file}`),
      // The number of cases of each property that names none itself.
      globals: { propertyRuns: 10_000 },
    },
  ],
};
