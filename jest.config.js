import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['stepcast-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
          target: 'es2024',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  setupFilesAfterEnv: ['<rootDir>/test/support/properties.ts'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.stryker-tmp/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};

/** @type {import('jest').Config} */
export default {
  // One more than there are cores: many tests wait for a browser, a broker or a timer, and a core would wait with them.
  maxWorkers: availableParallelism() + 1,
  // Modules of a test file are never freed entirely.
  workerIdleMemoryLimit: '1GB',
  // A worker that has nothing open takes up to a second to end when the machine is busy, and Jest's half a second then warns of
  // a leak that is none. One that has something open still never ends, and is reported.
  workerGracefulExitTimeout: 5_000,
  globalSetup: '<rootDir>/test/support/run-folder.js',
  globalTeardown: '<rootDir>/test/support/remove-run-folder.js',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{contracts,services,infra,clients}/**/*.test.{ts,tsx}'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/{contracts,services,infra,clients}/**/*.itest.{ts,tsx}',
        '<rootDir>/test/{integration,e2e,chaos,bench,attack}/**/*.test.{ts,tsx}',
      ],
    },
  ],
};
