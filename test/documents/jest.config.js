import { join } from 'node:path';
import base from '../../jest.config.js';

const rootDir = join(import.meta.dirname, '../..');
const integration = base.projects.find(({ displayName }) => displayName === 'integration');

/** The commands that documents show, in a fresh copy of the repository: `npm run test:documents`. It needs npm's registry, or its cache. */
export default {
  rootDir,
  maxWorkers: 1,
  reporters: ['default', join(rootDir, 'test/support/summary-reporter.js')],
  projects: [
    {
      ...integration,
      rootDir,
      displayName: 'documents',
      testMatch: ['<rootDir>/test/documents/**/*.test.ts'],
    },
  ],
};
