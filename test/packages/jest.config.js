import { join } from 'node:path';
import base from '../../jest.config.js';

const rootDir = join(import.meta.dirname, '../..');
const integration = base.projects.find(({ displayName }) => displayName === 'integration');

/** What is published, installed outside of the repository: `npm run test:packages`. It needs the registry, or npm's cache. */
export default {
  rootDir,
  maxWorkers: 1,
  globalSetup: '<rootDir>/test/packages/pack.js',
  globalTeardown: '<rootDir>/test/packages/remove.js',
  reporters: ['default', join(rootDir, 'test/support/summary-reporter.js')],
  projects: [
    { ...integration, rootDir, displayName: 'packages', testMatch: ['<rootDir>/test/packages/**/*.test.ts'] },
  ],
};
