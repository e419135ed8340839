import type { Command } from 'commander';

/**
 * `help a b` as `a b --help`, however deep. Commander reads the first word only, and answers one that it does not know with the whole help and
 * no reason. A word that is no command is left to it as a command line, whose answer names the nearest command.
 */
export function helpWords(program: Command, argv: readonly string[]): readonly string[] {
  const [first, ...words] = argv;
  if (first !== 'help') return argv;
  let command = program;
  const path: string[] = [];
  for (const word of words) {
    if (word.startsWith('-')) break;
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (next === undefined && word === 'help') break;
    if (next === undefined && command.commands.length > 0) return [...path, word];
    if (next === undefined) break;
    command = next;
    path.push(word);
  }
  return [...path, '--help'];
}
