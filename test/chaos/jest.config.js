import base from '../../jest.config.js';

const integration = base.projects.find(({ displayName }) => displayName === 'integration');

/** The long forms, which take minutes: `npm run test:chaos`. The short ones are part of `npm test`. */
export default {
  rootDir: '../..',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.js'],
  projects: [
    {
      ...integration,
      rootDir: '../..',
      displayName: 'chaos',
      testMatch: ['<rootDir>/test/chaos/**/*.long.ts'],
    },
  ],
};
