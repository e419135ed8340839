import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runForTest } from '../../testing/sandbox-process.ts';

const BASH = ['/bin/bash', '/usr/bin/bash'].find((path) => existsSync(path));

/** What bash offers behind these words, the last of which is being typed. */
function offered(script: string, ...words: readonly string[]): readonly string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const line = `${script}\nCOMP_WORDS=(stepcast ${quoted}); COMP_CWORD=${words.length}; _stepcast; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync(BASH ?? 'bash', ['-c', line], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

describe('stepcast completion', () => {
  it('completes commands, commands of a group and options in bash', async () => {
    const { out, code } = await runForTest(['completion', 'bash']);
    expect(code).toBe(0);
    expect(offered(out, 'lo')).toEqual(['lookup']);
    expect(offered(out, 'journal', '')).toEqual(['show', 'export', 'import', '--help']);
    expect(offered(out, 'dead-letters', 'retry', 'abc', '--co')).toEqual(['--code']);
    expect(offered(out, 'replay', '--r')).toEqual(['--rate', '--resume', '--reason', '--region']);
  });

  it('knows every command in zsh and fish', async () => {
    expect((await runForTest(['completion', 'zsh'])).out).toMatch(
      /^#compdef stepcast\n[\s\S]*"quarantine release"\) commands=\(\); options=\('--all:/,
    );
    const fish = (await runForTest(['completion', 'fish'])).out;
    expect(fish).toContain(
      "-n '__fish_seen_subcommand_from parked; and not __fish_seen_subcommand_from list explain retry drop' -a drop",
    );
    const unknown = await runForTest(['completion', 'tcsh']);
    expect({ code: unknown.code, err: unknown.err }).toEqual({
      code: 64,
      err: expect.stringContaining('bash, zsh, fish'),
    });
  });
});

describe('the help of every command', () => {
  const groups = ['journal', 'parked', 'quarantine', 'dead-letters'];
  it.each([
    'lookup',
    'journal show',
    'journal export',
    'journal import',
    'stats',
    'tail',
    'replay',
    'parked list',
    'parked explain',
    'parked retry',
    'parked drop',
    'quarantine list',
    'quarantine explain',
    'quarantine release',
    'quarantine drop',
    'dead-letters list',
    'dead-letters explain',
    'dead-letters retry',
    'dead-letters drop',
    'backfill',
    'reprocess',
    'audit',
    'types',
    'completion',
    'doctor',
    'doctor explain',
    'permission-set',
  ])('"%s --help" has examples', async (line) => {
    const { code, out } = await runForTest([...line.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/\nExamples:\n {2}\S/);
  });

  it('lists the commands of the program and of each group', async () => {
    const { out } = await runForTest(['--help']);
    for (const name of [
      ...groups,
      'lookup',
      'stats',
      'tail',
      'replay',
      'backfill',
      'reprocess',
      'audit',
      'types',
      'completion',
    ])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
  });
});
