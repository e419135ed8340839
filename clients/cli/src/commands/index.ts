import type { Command } from 'commander';
import { addAudit } from './audit/command.ts';
import { addBackfill } from './backfill/command.ts';
import { addCompletion } from './completion/command.ts';
import { addDestroy } from './destroy/command.ts';
import { addDeadLetters } from './dead-letters/command.ts';
import { addJournal } from './journal/command.ts';
import { addLookup } from './lookup/command.ts';
import { addReplay } from './replay/command.ts';
import { addReprocess } from './reprocess/command.ts';
import type { CommandContext } from './run.ts';
import { addStats } from './stats/command.ts';
import { addTail } from './tail/command.ts';
import { addTypes } from './types/command.ts';
import { addParked, addQuarantine } from './waiting/command.ts';

/** Adds every command for operators. */
export function addOperatorCommands(program: Command, context: CommandContext): void {
  addLookup(program, context);
  addJournal(program, context);
  addStats(program, context);
  addTail(program, context);
  addReplay(program, context);
  addParked(program, context);
  addQuarantine(program, context);
  addDeadLetters(program, context);
  addBackfill(program, context);
  addReprocess(program, context);
  addDestroy(program, context);
  addAudit(program, context);
  addTypes(program, context);
  addCompletion(program, context);
}
