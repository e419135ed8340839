import type { Command } from 'commander';
import { addLookup } from './lookup/command.ts';
import type { CommandContext } from './run.ts';

/** Adds every command for operators. */
export function addOperatorCommands(program: Command, context: CommandContext): void {
  addLookup(program, context);
}
