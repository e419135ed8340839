import { join, relative } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const within = { cwd: root, timeoutMs: 60_000 };

function pathsIn(stdout: string): readonly string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith(root));
  return lines.map((path) => relative(root, path));
}

/** The test files that `npm run <script> -- <args>` would run, without running them. */
async function filesOf(script: 'test:unit' | 'test:integration', args: readonly string[]) {
  const command = ['run', '--silent', script, '--', ...args, '--listTests'];
  return pathsIn((await runCommand('npm', command, within)).stdout);
}

// Jest takes every word between `--selectProjects` and the next option for the name of a project.
it.each([
  ['test:unit', 'contracts/src/fold.test.ts'],
  ['test:integration', 'test/integration/documents.test.ts'],
] as const)('%s runs only the path that follows it', async (script, path) => {
  expect(await filesOf(script, [path])).toEqual([path]);
});

it('paths may follow options', async () => {
  const files = await filesOf('test:unit', ['--globals', '{"propertyRuns":5}', 'contracts/src/topics']);
  expect(files).toEqual(['contracts/src/topics.test.ts']);
});

it('the unit tests and the integration tests are all tests', async () => {
  const [unit, integration, all] = await Promise.all([
    filesOf('test:unit', []),
    filesOf('test:integration', []),
    runCommand('jest', ['--listTests'], within).then(({ stdout }) => pathsIn(stdout)),
  ]);
  expect(unit).toContain('contracts/src/fold.test.ts');
  expect(integration).toContain('test/integration/documents.test.ts');
  expect([...unit, ...integration].toSorted()).toEqual(all.toSorted());
});

it('npm test passes options on to Jest, not to npm', async () => {
  const { stdout } = await runCommand('npm', ['test', '--silent', '--', '--version'], within);
  const jest = await runCommand('jest', ['--version'], within);
  const npm = await runCommand('npm', ['--version'], within);
  expect(stdout).toBe(jest.stdout);
  expect(stdout).not.toBe(npm.stdout);
});
