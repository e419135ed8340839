import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '@stepcast/contracts';
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
      expect(options).toContain('--json');
    },
  );

  it.each([[], ['journal'], ['parked'], ['quarantine'], ['dead-letters']])(
    'that have others below them have a help with examples of those: it had none',
    async (...path) => {
      const { code, out } = await run([...path, '--help']);
      const [, examples = ''] = out.split('\nExamples:\n');
      const shown = [...examples.matchAll(/^ {2}stepcast (\S.*)$/gm)].map(([, line = '']) => line.split(' '));
      expect(code).toBe(0);
      expect(shown.length).toBeGreaterThan(1);
      for (const words of shown) {
        expect(words.slice(0, path.length)).toEqual(path);
        expect((await run([...words.slice(0, path.length + 1), '--help'])).code).toBe(0);
      }
    },
  );

  it.each([
    [
      ['permission-set', '--for', 'operate', '--command', 'stats', '--json'],
      'stepcast.permission-set/v1',
      'document',
    ],
    [['completion', 'bash', '--json'], 'stepcast.completion/v1', 'script'],
    [['types', 'services/sandbox/examples/word-count.asl.json', '--json'], 'stepcast.types/v1', 'module'],
  ])('%j prints one JSON document: the option was unknown there', async (argv, schema, has) => {
    const { code, out, err } = await run(argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const printed = readJson(out);
    expect(printed).toMatchObject({ ok: true, value: { schema, [has]: expect.anything() } });
  });

  it('permission-set names the table that the other commands are given with --table: it had no such option', async () => {
    const given = ['permission-set', '--for', 'operate', '--command', 'lookup', '--region', 'us-east-1'];
    expect((await run([...given, '--table', 'journal-of-photos'])).out).toContain(
      ':table/journal-of-photos"',
    );
    expect((await run([...given, '--stage', 'dev'])).out).toContain(':table/stepcast-dev-journal"');
    expect(await run([...given, '--table', '*'])).toMatchObject({
      code: 64,
      err: 'stepcast: --table is no name of a table\n',
    });
  });

  it('quotes what was typed so far that the line can be read, and shows what moves the cursor', async () => {
    for (const argv of [
      ['a'.repeat(100_000)],
      ['lookup', 'x', '--endpoint', 'a'.repeat(100_000)],
      ['\u001b[2Jx'],
    ]) {
      const { code, out, err } = await run(argv);
      expect({ code, out }).toEqual({ code: 64, out: '' });
      expect(err.length).toBeLessThan(3_000);
      expect(err).not.toMatch(/(?!\n)\p{Cc}/u);
    }
  });

  it('say of an option that is empty that it is, in words of their own: "Too small: expected string to have >=1 characters"', async () => {
    for (const [argv, says] of [
      [['stats', '--region', 'us-east-1', '--table', ''], 'stepcast: --table says nothing\n'],
      [['stats', '--region', ''], 'stepcast: --region says nothing\n'],
      [['doctor', '--log-group', ''], 'stepcast: --log-group says nothing\n'],
    ] as const)
      expect((await run(argv)).err).toBe(says);
  });

  it('end with the exit codes that the page lists, and no others', () => {
    const listed = [...PAGE.matchAll(/^\| (\d+) +\| \S/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT).toSorted((one, other) => one - other));
  });
});
