import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { beforeEach, expect, jest } from '@jest/globals';
import fc from 'fast-check';
import { reportProperty } from './not-run.ts';

/**
 * Loaded before every test file: says how many cases a property is tried with that names no number itself, from which
 * seed, and has the summary tell so. `--seed` repeats a run; `--globals '{"propertyRuns":200}'` sets another number.
 */
const CASES = 1_000;

/** What has to come out right whatever order, repetition, cut, loss and nonsense comes in. */
const correlation = /^(contracts|services\/(forwarder|correlator)|clients\/web)\//;
const CORRELATION_CASES = 10_000;

function numberOf(name: string): number | undefined {
  const value: unknown = Reflect.get(globalThis, name);
  return typeof value === 'number' ? value : undefined;
}

/** A seed of its own for each test, so that two properties of the same values do not try the same ones. */
function seedOf(test: string): number {
  const seed = numberOf('propertySeed') ?? jest.getSeed();
  return createHash('sha256').update(`${seed} ${test}`).digest().readInt32BE();
}

function testNow(): { readonly file: string; readonly name: string } {
  const { testPath = '', currentTestName = '' } = expect.getState();
  return { file: relative(process.cwd(), testPath), name: currentTestName };
}

const manyCases = correlation.test(testNow().file);
// How fast a machine is must not decide whether a test passes: this only ends what hangs. All the cases of one property
// are one test.
jest.setTimeout(manyCases ? 1_800_000 : 120_000);

beforeEach(() => {
  const { file, name } = testNow();
  fc.configureGlobal({
    numRuns: numberOf('propertyRuns') ?? (manyCases ? CORRELATION_CASES : CASES),
    seed: seedOf(`${file} ${name}`),
  });
});

fc.installGlobalPlugin(() => ({
  onAllRunsComplete({ failed, numRuns }) {
    const { file, name } = testNow();
    if (!failed) reportProperty(file, name, numRuns);
  },
}));
