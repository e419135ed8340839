import { Argument, type Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { withExamples, type CommandContext } from '../run.ts';
import { completionScript, SHELLS } from './scripts.ts';

/** `stepcast completion`: the script of a shell. Added last, so that it knows every command. */
export function addCompletion(program: Command, context: CommandContext): void {
  const command = program
    .command('completion')
    .description('print the script by which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .option('--json', 'print JSON for programs, with the script as text')
    .action((shell: string, options: { readonly json?: boolean }) => {
      const known = SHELLS.find((one) => one === shell);
      if (known === undefined) throw new UsageError(`there is no completion for ${shell}`);
      const script = completionScript(program, known);
      context.out(
        options.json === true
          ? `${JSON.stringify({ schema: 'stepcast.completion/v1', shell, script }, undefined, 2)}\n`
          : script,
      );
      context.exit(0);
    });
  withExamples(command, [
    ['source <(stepcast completion bash)', 'in ~/.bashrc'],
    ['source <(stepcast completion zsh)', 'in ~/.zshrc'],
    ['stepcast completion fish > ~/.config/fish/completions/stepcast.fish', 'once'],
  ]);
}
