import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import ts from 'typescript';
import { run } from '../../testing/run-cli.ts';
import { moduleOf, stepsOf } from './steps.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../../services/sandbox/examples/word-count.asl.json');

/** The errors that the compiler finds in the syntax of a module. */
function syntaxErrors(text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('stepcast types', () => {
  it('prints the steps of a definition, those of a Map included, as a module', async () => {
    const { code, out, err } = await run(['types', EXAMPLE]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(syntaxErrors(out)).toEqual([]);
    const names = /STEP_NAMES = \[\n([^\]]*)\]/.exec(out)?.[1] ?? '';
    expect(
      names
        .trim()
        .split(',\n')
        .map((line) => line.trim().replace(/,$/, '')),
    ).toEqual([
      '"Read the text"',
      '"Any words?"',
      '"Count each line"',
      '"Count words"',
      '"Nothing to count"',
      '"Not a text"',
    ]);
    expect(out).toContain('"Count each line": "Map",');
    expect(out).toContain('// Written by: stepcast types word-count.asl.json\n');
  });

  it('finds the steps of branches, and of the older form of a Map', () => {
    const end = { Type: 'Pass' };
    const steps = stepsOf({
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [
            { States: { Left: end } },
            { States: { Each: { Type: 'Map', Iterator: { States: { Item: end } } } } },
          ],
        },
      },
    });
    expect([...steps.keys()]).toEqual(['Both', 'Left', 'Each', 'Item']);
  });

  it('names the parts of the result after the projections of the configuration', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stepcast-types-'));
    try {
      const path = join(folder, 'projections.json');
      const projection = { name: 'album', on: 'output', expression: 'album' };
      await writeFile(path, JSON.stringify([projection, { ...projection, name: 'words' }]));
      const { code, out } = await run(['types', EXAMPLE, '--projections', path]);
      expect({ code, errors: syntaxErrors(out) }).toEqual({ code: 0, errors: [] });
      expect(out).toContain('export const RESULT_NAMES = [\n  "album",\n  "words",\n] as const;');
      await writeFile(path, '[{ "name": "no name" }]');
      expect(await run(['types', EXAMPLE, '--projections', path])).toMatchObject({
        code: 64,
        err: expect.stringContaining('is no list of projections: $.0.name'),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('makes a module of every name', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 4 }), (names) => {
        const module = moduleOf(new Map(names.map((name) => [name, 'Task'])), 'my.asl.json');
        expect(syntaxErrors(module)).toEqual([]);
      }),
    );
  });

  it.each([
    ['a file that is not there', 'nowhere.asl.json', 'cannot be read'],
    ['a file that is no definition', join(import.meta.dirname, '../../../package.json'), 'is no definition'],
  ])('refuses %s', async (_name, path, message) => {
    const { code, err } = await run(['types', path]);
    expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining(message) });
  });
});
