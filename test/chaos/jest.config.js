import { join } from 'node:path';
import base from '../../jest.config.js';

const rootDir = join(import.meta.dirname, '../..');
const integration = base.projects.find(({ displayName }) => displayName === 'integration');

/** The long forms, which take minutes: `npm run test:chaos:clients`. The short ones are part of `npm test`. */
export default {
  rootDir,
  // One after the other, each in a process of its own: what is measured is not to bear what another test left behind.
  maxWorkers: 1,
  workerIdleMemoryLimit: '50MB',
  reporters: ['default', join(rootDir, 'test/support/summary-reporter.js')],
  projects: [
    { ...integration, rootDir, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.long.ts'] },
  ],
};
