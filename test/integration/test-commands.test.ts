import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { expect, it } from 'vitest';
import * as z from 'zod';

const root = join(import.meta.dirname, '..', '..');
const within = { cwd: root, timeoutMs: 60_000 };

/** The words of a script of package.json. */
function wordsOf(script: string): readonly string[] {
  const manifest = z.object({ scripts: z.record(z.string(), z.string()) });
  const { scripts } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return (scripts[script] ?? '').split(' ');
}

/** The test files that `npm run <script> -- <args>` would run, without running them. */
async function filesOf(script: string, args: readonly string[]): Promise<readonly string[]> {
  const [command = '', run, ...words] = wordsOf(script);
  expect([command, run]).toEqual(['vitest', 'run']);
  const { stdout } = await runCommand(command, ['list', '--filesOnly', ...words, ...args], within);
  return stdout
    .split('\n')
    .map((line) => /(?:^|\s)(\S+test\.tsx?)$/u.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

it.each([
  ['test:unit', 'contracts/src/fold.test.ts'],
  ['test:integration', 'test/integration/documents.test.ts'],
])('%s runs only the path that follows it', async (script, path) => {
  expect(await filesOf(script, [path])).toEqual([path]);
});

it('paths may follow options', async () => {
  const files = await filesOf('test:unit', ['--sequence.seed', '5', 'contracts/src/topics']);
  expect(files).toEqual(['contracts/src/topics.test.ts']);
});

it('the unit tests and the integration tests are all tests', async () => {
  const [unit, integration, all] = await Promise.all([
    filesOf('test:unit', []),
    filesOf('test:integration', []),
    filesOf('test', []),
  ]);
  expect(unit).toContain('contracts/src/fold.test.ts');
  expect(integration).toContain('test/integration/documents.test.ts');
  expect([...unit, ...integration].toSorted()).toEqual(all.toSorted());
});

it('npm test passes options on to Vitest, not to npm', async () => {
  const { stdout } = await runCommand('npm', ['test', '--silent', '--', '--help'], within);
  expect(stdout).toContain('vitest run [...filters]');
});
