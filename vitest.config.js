import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
// Tests run the sources: packages export them under this condition.
const conditions = ['stepcast-source'];
const asked = process.env.STEPCAST_PROPERTY_RUNS;
/** What a test may be tagged with. */
export const tags = [
  {
    name: 'few-cases',
    description: 'A property whose cases take long: a fifth of the usual number, unless a run asks for one.',
  },
];
/**
 * What has to come out right whatever order, repetition, cut, loss and nonsense comes in, and the interpreter whose histories many of
 * these properties read. `npm run test:properties`, which CI runs, has their properties run at full length, so `npm test` runs fewer
 * cases of them than of others.
 */
export const packagesAtLength = [
  'contracts',
  'services/kit',
  'services/wire',
  'services/forwarder',
  'services/correlator',
  'services/publisher',
  'services/asl-interpreter',
  'clients/web',
];
/**
 * Suites that take long for what they add to the others, and of which there is no short form: `npm run test:properties` alone
 * runs them.
 */
export const longFormOnly = [
  'test/chaos/delivery-faults.test.ts',
  'test/chaos/fairness.test.ts',
  'test/chaos/reconnect-storm.test.ts',
  'test/e2e/large-file.test.ts',
  'test/integration/photo-in-threads.test.ts',
];
/** How many cases each property runs; `undefined` leaves it to test/support/properties.ts. */
export const propertyRuns = asked === undefined ? undefined : Number(asked);

/**
 * One of the projects that Vitest runs: which files, and what they share.
 * @param {string} name
 * @param {readonly string[]} include glob patterns, from the root of the repository
 * @param {import('vitest/config').ViteUserConfig['test']} [more]
 * @returns {import('vitest/config').UserWorkspaceConfig}
 */
export function project(name, include, more = {}) {
  return {
    root,
    // Of the suites that run in jsdom.
    resolve: { conditions: [...conditions, 'browser'] },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    // JSX is compiled with React's own runtime.
    oxc: { jsx: { runtime: 'automatic' } },
    test: {
      name,
      include: [...include],
      exclude: ['**/node_modules/**', '**/dist/**', '.stryker-tmp/**'],
      // A process runs many files and loads each module once: loading would be most of the time of most files.
      pool: 'forks',
      isolate: false,
      execArgv: [
        '--conditions=stepcast-source',
        '--disable-warning=ExperimentalWarning',
        // Tests make much that is soon garbage: collected less often it takes a seventh less of the CPU.
        '--max-semi-space-size=64',
      ],
      // Otherwise Node resolves it, and takes its form for servers.
      server: { deps: { inline: [/\/node_modules\/(@lit\/|@lit-labs\/|lit\/|lit-html\/|lit-element\/)/] } },
      globalSetup: ['test/support/run-folder.js'],
      setupFiles: ['test/support/properties.ts'],
      provide: { propertyRuns, propertySeed: undefined, packagesAtLength },
      // How fast a machine is must not decide whether a test passes: this only ends what hangs. All the cases of one
      // property are one test.
      testTimeout: 180_000 * Math.max(1, (propertyRuns ?? 0) / 1_000),
      hookTimeout: 180_000,
      expect: { poll: { timeout: 150_000 } },
      ...more,
    },
  };
}

export default defineConfig({
  test: {
    // More than there are cores: many tests wait for a browser, a broker or a timer, and a core would wait with them.
    maxWorkers: availableParallelism() + 3,
    reporters: ['default', './test/support/summary-reporter.js'],
    tags,
    projects: [
      project('unit', ['{contracts,services,infra,clients}/**/*.test.{ts,tsx}']),
      project('integration', [
        '{contracts,services,infra,clients}/**/*.itest.{ts,tsx}',
        'test/{integration,e2e,chaos,bench,attack}/**/*.test.{ts,tsx}',
        ...longFormOnly.map((file) => `!${file}`),
      ]),
    ],
  },
});
