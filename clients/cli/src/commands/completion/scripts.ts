import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command, the words that lead to it, and what can stand behind it. */
interface Node {
  /** Empty for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly { readonly flag: string; readonly description: string }[];
}

function nodesOf(command: Command, path: readonly string[] = []): readonly Node[] {
  const commands = command.commands.map((one) => ({ name: one.name(), description: one.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long === undefined ? [] : [{ flag: long, description }],
  );
  return [
    { path, commands, options: [...options, { flag: '--help', description: 'examples and options' }] },
    ...command.commands.flatMap((one) => nodesOf(one, [...path, one.name()])),
  ];
}

/** The script by which a shell completes the commands and options of a program. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program);
  switch (shell) {
    case 'bash':
      return bash(program.name(), nodes);
    case 'zsh':
      return zsh(program.name(), nodes);
    case 'fish':
      return fish(program.name(), nodes);
  }
}

function bash(name: string, nodes: readonly Node[]): string {
  const key = (path: readonly string[]) => `"${path.join(' ')}"`;
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => key(path));
  return `_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path="" next word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
      ${known.join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${nodes
  .map(({ path, commands, options }) => {
    const words = [...commands.map((one) => one.name), ...options.map(({ flag }) => flag)];
    return `    ${key(path)}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$cur")) ;;`;
  })
  .join('\n')}
  esac
}
complete -o default -F _${name} ${name}
`;
}

/** Of its own kind, and not bash's in disguise: in zsh `path` is the search path, and a slice of an array is written otherwise. */
function zsh(name: string, nodes: readonly Node[]): string {
  const key = (path: readonly string[]) => `"${path.join(' ')}"`;
  const known = nodes.filter(({ path }) => path.length > 0).map(({ path }) => key(path));
  const item = (word: string, description: string) =>
    `'${`${word}:${description.replaceAll(':', '\\:')}`.replaceAll("'", "'\\''")}'`;
  const cases = nodes.map(({ path, commands, options }) => {
    const offered = [
      `commands=(${commands.map((one) => item(one.name, one.description)).join(' ')})`,
      `options=(${options.map((one) => item(one.flag, one.description)).join(' ')})`,
    ];
    return `    ${key(path)}) ${offered.join('; ')} ;;`;
  });
  return `#compdef ${name}
_${name}() {
  local at="" next word
  local -a commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${at:+$at }$word"
    case "$next" in
      ${known.join('|')}) at="$next" ;;
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  local found=1
  (( $#commands )) && _describe -t commands command commands && found=0
  _describe -o -t options option options && found=0
  (( found )) || return 0
  _files
}
if [[ "\${funcstack[1]}" == "_${name}" ]]; then
  _${name} "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _${name} ${name}
fi
`;
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish(name: string, nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const behind = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const none = commands.map((one) => one.name).join(' ');
    const before =
      none === ''
        ? behind
        : [behind, `not __fish_seen_subcommand_from ${none}`].filter((one) => one !== '').join('; and ');
    return [
      ...commands.map(
        (one) => `complete -c ${name} -f -n ${quoted(before)} -a ${one.name} -d ${quoted(one.description)}`,
      ),
      ...options.map(
        ({ flag, description }) =>
          `complete -c ${name} -n ${quoted(behind === '' ? '__fish_use_subcommand' : behind)} -l ${flag.slice(2)} -d ${quoted(description)}`,
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}
