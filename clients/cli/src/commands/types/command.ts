import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { Projection } from '@stepcast/wire';
import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { type CommandContext, withExamples } from '../run.ts';
import * as z from 'zod';
import { resultModule } from './result.ts';
import { moduleOf, stepsOf, Workflow } from './steps.ts';

/** `stepcast types`: the names of a workflow's steps as TypeScript, from a file and without a connection. */
export function addTypes(program: Command, context: CommandContext): void {
  const command = program
    .command('types')
    .description('print the step names of a workflow, and the types of its result, as a TypeScript module')
    .argument('<definition>', 'file with the definition in Amazon States Language, as JSON')
    .option(
      '--projections <file>',
      'the projections of the configuration (STEPCAST_PROJECTIONS), for the result: its names, and its types where they have a "schema"',
    )
    .option('--json', 'print JSON for programs, with the module as text')
    .action(async (path: string, options: TypesOptions) => {
      const parsed = parseJson(Workflow, await textOf(path));
      if (!parsed.ok)
        throw new UsageError(`${path} is no definition of a workflow: ${describeIssues(parsed.issues)}`);
      const steps = moduleOf(stepsOf(parsed.value), oneLine(basename(path)));
      const module =
        options.projections === undefined ? steps : `${steps}\n${await resultOf(options.projections)}`;
      context.out(
        options.json === true
          ? `${JSON.stringify({ schema: 'stepcast.types/v1', module }, undefined, 2)}\n`
          : module,
      );
      context.exit(0);
    });
  withExamples(command, [
    ['stepcast types my.asl.json > src/steps.ts', 'after each change of the definition'],
    [
      'stepcast types my.asl.json --projections projections.json > src/steps.ts',
      'with the names and types of the result',
    ],
  ]);
}

interface TypesOptions {
  readonly projections?: string;
  readonly json?: boolean;
}

async function resultOf(path: string): Promise<string> {
  const parsed = parseJson(z.array(Projection), await textOf(path));
  if (!parsed.ok) throw new UsageError(`${path} is no list of projections: ${describeIssues(parsed.issues)}`);
  return resultModule(parsed.value);
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
