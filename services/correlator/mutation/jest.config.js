import { join } from 'node:path';
import base from '../../../jest.config.js';

const unit = base.projects.find(({ displayName }) => displayName === 'unit');

/**
 * What runs against each mutant. Properties are tried with few cases, always the same ones, so that a result repeats.
 * @type {import('jest').Config}
 */
export default {
  ...unit,
  rootDir: join(import.meta.dirname, '../../..'),
  // Jest looks through these for every mutant.
  roots: ['<rootDir>/services/correlator/mutation'],
  testMatch: ['<rootDir>/services/correlator/mutation/all-tests.js'],
  // The domain needs the base of errors only; the whole of it takes longer to load than all tests to run.
  moduleNameMapper: { '^@stepcast/kit$': '<rootDir>/services/kit/src/errors.ts' },
  globals: { propertyRuns: 5, propertySeed: 1 },
};
