import type { Command } from 'commander';
import { addJournal } from './journal/command.ts';
import { addLookup } from './lookup/command.ts';
import { addReplay } from './replay/command.ts';
import type { CommandContext } from './run.ts';
import { addStats } from './stats/command.ts';
import { addTail } from './tail/command.ts';

/** Adds every command for operators. */
export function addOperatorCommands(program: Command, context: CommandContext): void {
  addLookup(program, context);
  addJournal(program, context);
  addStats(program, context);
  addTail(program, context);
  addReplay(program, context);
}
