import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { type CommandContext, withExamples } from '../run.ts';
import { moduleOf, stepsOf, Workflow } from './steps.ts';

/** `stepcast types`: the names of a workflow's steps as TypeScript, from a file and without a connection. */
export function addTypes(program: Command, context: CommandContext): void {
  const command = program
    .command('types')
    .description('print the step names of a workflow as a TypeScript module')
    .argument('<definition>', 'file with the definition in Amazon States Language, as JSON')
    .action(async (path: string) => {
      const parsed = parseJson(Workflow, await textOf(path));
      if (!parsed.ok)
        throw new UsageError(`${path} is no definition of a workflow: ${describeIssues(parsed.issues)}`);
      context.out(moduleOf(stepsOf(parsed.value), oneLine(basename(path))));
      context.exit(0);
    });
  withExamples(command, [
    ['stepcast types my.asl.json > src/steps.ts', 'after each change of the definition'],
  ]);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`${path} cannot be read: ${asError(thrown).message}`, { cause: thrown });
  }
}

/** The name of a file stands in a comment of the module. */
function oneLine(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
