import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ChildProcessError, runCommand } from '@stepcast/kit/testing/child-process';
import { reportNotRun } from '../../support/not-run.ts';
import { stepcast } from './command.ts';

/** Stands for zsh's own `_describe`: prints the words that begin with what is being typed. */
const ZSH_STUBS = `
compdef() { : }
_files() { print -r -- '(files)' }
_describe() {
  local -a items; items=("\${(@P)@[-1]}")
  local item none=1
  for item in $items; do [[ $item == \${words[CURRENT]}* ]] && { print -r -- "\${item%%:*}"; none=0 }; done
  return $none
}`;

async function offered(shell: 'zsh' | 'fish', words: readonly string[]): Promise<readonly string[]> {
  const { out } = await stepcast('completion', shell);
  const typed = words.map((word) => `'${word}'`).join(' ');
  const script =
    shell === 'zsh'
      ? `${ZSH_STUBS}\n${out}\nwords=(stepcast ${typed}); CURRENT=${words.length + 1}; _stepcast`
      : `${out}\ncomplete -C "stepcast ${words.join(' ')}"`;
  const { stdout } = await runCommand(
    shell,
    [...(shell === 'zsh' ? ['-f'] : ['--no-config']), '-c', script],
    {
      timeoutMs: 20_000,
    },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t', 1)[0] ?? '')
    .toSorted();
}

describe.each(['zsh', 'fish'] as const)('the completion of %s', (shell) => {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  if (!isThere) reportNotRun(`completion in ${shell}`, `there is no ${shell} on this machine`);

  it.runIf(isThere).each([
    [['lo'], ['lookup']],
    [
      ['journal', ''],
      ['export', 'import', 'show'],
    ],
    [['dead-letters', 're'], ['retry']],
    [
      ['replay', '--r'],
      ['--rate', '--reason', '--region', '--resume'],
    ],
  ] as const)('behind %j offers %j: zsh had bash’s, and offered files only', async (words, expected) => {
    const found = await offered(shell, words).catch((thrown: unknown) => {
      throw thrown instanceof ChildProcessError ? new Error(thrown.stderr, { cause: thrown }) : thrown;
    });
    expect(found.filter((word) => word !== '--help')).toEqual(expected);
  });
});
