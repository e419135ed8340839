import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '@stepcast/operations';
import { run } from './testing/run-cli.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/operations/cli.md'), 'utf8');

/** The commands below one, as its help lists them. */
async function below(path: readonly string[]): Promise<readonly (readonly string[])[]> {
  const { out } = await run([...path, '--help']);
  // What follows the list are examples.
  const [listed = ''] = (out.split('\nCommands:\n')[1] ?? '').split('\n\n');
  const names = [...listed.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
  const nested = await Promise.all(
    names.filter((name) => name !== 'help').map((name) => below([...path, name])),
  );
  // The doctor runs by itself too.
  return names.length === 0 ? [path] : [...(path[0] === 'doctor' ? [path] : []), ...nested.flat()];
}

const commands = await below([]);

describe('the commands', () => {
  it('are all found by their help', () => {
    expect(commands.map((path) => path.join(' ')).toSorted()).toEqual([
      'audit',
      'backfill',
      'completion',
      'dead-letters drop',
      'dead-letters explain',
      'dead-letters list',
      'dead-letters retry',
      'destroy',
      'doctor',
      'doctor explain',
      'journal export',
      'journal import',
      'journal show',
      'lookup',
      'parked drop',
      'parked explain',
      'parked list',
      'parked retry',
      'permission-set',
      'quarantine drop',
      'quarantine explain',
      'quarantine list',
      'quarantine release',
      'replay',
      'reprocess',
      'stats',
      'tail',
      'types',
    ]);
  });

  it.each(commands.map((path) => [path.join(' '), path] as const))(
    '%s has a help with examples of itself, and --json',
    async (name, path) => {
      const { code, out, err } = await run([...path, '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const [options = '', examples = ''] = out.split('\nExamples:\n');
      expect(examples).toMatch(new RegExp(`(^|\\| ?|\\()\\s*stepcast ${name}\\b`, 'm'));
      // A script for a shell, a document that is JSON anyway, and a module of TypeScript.
      expect(options.includes('--json')).toBe(!['completion', 'permission-set', 'types'].includes(name));
    },
  );

  it('end with the exit codes that the page lists, and no others', () => {
    const listed = [...PAGE.matchAll(/^\| (\d+) +\| \S/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT).toSorted((one, other) => one - other));
  });
});
