import config from '../../jest.config.js';

const [unit] = config.projects;

/**
 * What runs against each mutant: the tests of the rules themselves, and those that drive them through the application.
 * @type {import('jest').Config}
 */
export default {
  ...unit,
  rootDir: '../..',
  testMatch: ['<rootDir>/services/correlator/src/{domain/**/,}*.test.ts'],
  globals: { propertyRuns: 20, propertySeed: 1 },
};
