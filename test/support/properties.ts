import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, inject } from 'vitest';
import { reportProperty } from './not-run.ts';

/**
 * Loaded before every test file. Sets how many cases a property runs that names no number itself, and from which seed, and
 * reports both to the summary of the run. `--sequence.seed=N` repeats a run; `STEPCAST_PROPERTY_RUNS=200` sets another number.
 * `npm run test:properties` sets 10,000 for the packages that it names.
 */
const CASES = 300;
/** Of a property of a package whose properties `npm run test:properties` runs at full length. */
const CASES_BESIDE_LENGTH = 100;
/** A property with the tag `few-cases`, each of whose cases takes long, runs such a share where the run sets no number. */
const FEW_CASES_SHARE = 0.2;

declare module 'vitest' {
  interface ProvidedContext {
    /** The seed of this run. */
    readonly runSeed: number;
    /** The number of cases of every property, if the run sets one. */
    readonly propertyRuns: number | undefined;
    /** Folders of the packages whose properties `npm run test:properties` runs at full length. */
    readonly packagesAtLength: readonly string[];
    /** The seed of every property, if the run sets one that does not differ between runs. */
    readonly propertySeed: number | undefined;
  }
}

/** A seed of its own for each test, so that two properties of the same values do not try the same ones. */
function seedOf(test: string): number {
  const seed = inject('propertySeed') ?? inject('runSeed');
  return createHash('sha256').update(`${seed} ${test}`).digest().readInt32BE();
}

function testNow(): { readonly file: string; readonly name: string } {
  const { testPath = '', currentTestName = '' } = expect.getState();
  return { file: relative(process.cwd(), testPath), name: currentTestName };
}

const asked = inject('propertyRuns');
const most = asked ?? Number.POSITIVE_INFINITY;

function usualCases(file: string): number {
  const isRunAtLength = inject('packagesAtLength').some((folder) => file.startsWith(`${folder}/`));
  return isRunAtLength ? CASES_BESIDE_LENGTH : CASES;
}

beforeEach(({ task }) => {
  const { file, name } = testNow();
  fc.configureGlobal({
    numRuns:
      asked ??
      Math.round(usualCases(file) * (task.tags?.includes('few-cases') === true ? FEW_CASES_SHARE : 1)),
    seed: seedOf(`${file} ${name}`),
  });
});

// A process runs many test files, and this module before each of them; a plugin stays installed.
const INSTALLED = Symbol.for('stepcast.property-plugin');

/** No property runs more cases than were asked for, those that name a number of their own included. */
function installPlugin(): void {
  fc.installGlobalPlugin(() => {
    let begun = 0;
    return {
      decorateRun: (run) => (value) => {
        begun += 1;
        return begun > most ? null : run(value);
      },
      onAllRunsComplete({ failed, numRuns }) {
        const { file, name } = testNow();
        if (!failed) reportProperty(file, name, Math.min(numRuns, most));
      },
    };
  });
}

if (!Reflect.has(globalThis, INSTALLED)) {
  Reflect.set(globalThis, INSTALLED, true);
  installPlugin();
}
