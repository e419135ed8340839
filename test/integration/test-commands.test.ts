import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { expect, it } from 'vitest';
import * as z from 'zod';

const root = join(import.meta.dirname, '..', '..');
const within = { cwd: root, timeoutMs: 60_000 };

function scripts(): Readonly<Record<string, string>> {
  const manifest = z.object({ scripts: z.record(z.string(), z.string()) });
  return manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).scripts;
}

/** The words of a script of package.json. */
function wordsOf(script: string): readonly string[] {
  return (scripts()[script] ?? '').split(' ');
}

/** Files that a program loads, itself among them, that import Vitest, which throws outside of its own runs. */
function importersOfVitest(program: string, seen = new Set<string>()): readonly string[] {
  // What a program writes has imports too.
  if (seen.has(program) || !existsSync(program)) return [];
  seen.add(program);
  const text = readFileSync(program, 'utf8');
  const inside = [...text.matchAll(/ from '(\.[^']+)';/g)].flatMap(([, path]) =>
    importersOfVitest(join(dirname(program), path ?? ''), seen),
  );
  return text.includes(" from 'vitest';") ? [program, ...inside] : inside;
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

it('no program that Node runs loads Vitest: docs:pictures once ended with its error', () => {
  const programs = Object.values(scripts()).flatMap((script) =>
    script.startsWith('node ') ? script.split(' ').filter((word) => word.endsWith('.ts')) : [],
  );
  expect(programs).toContain('test/e2e/take-pictures.ts');
  expect(programs.flatMap((program) => importersOfVitest(join(root, program)))).toEqual([]);
  // It would be seen: this file does.
  expect(importersOfVitest(import.meta.filename)).toContain(import.meta.filename);
});
