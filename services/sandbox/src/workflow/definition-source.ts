import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asError } from '@stepcast/kit';
import {
  chooseMachine,
  findMachines,
  type TemplateMachine,
  type TemplateOption,
} from '../templates/find-machines.ts';
import { TemplateError } from '../templates/errors.ts';
import { definitionTextOf } from '../templates/parse-template.ts';
import { UserWorkflowError } from './errors.ts';
import type { Whereabouts } from './placeholders.ts';

/** Where the definition of a user's state machine is. */
export type DefinitionSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'template';
      readonly option: TemplateOption;
      /** A template, or the folder that `cdk synth` wrote. */
      readonly path: string;
      /** Which of its state machines; undefined: the only one. */
      readonly stateMachine: string | undefined;
    };

/** A definition as it was found, with what stands beside it. */
export interface FoundDefinition {
  readonly text: string;
  /** For people: of the file or, in a template, of the machine. */
  readonly name: string;
  /** For messages: the file, and in a template the machine. */
  readonly label: string;
  /** What it was read from. */
  readonly files: readonly string[];
  /** All machines of the template, by the names that tasks start them by. */
  readonly machines: readonly { readonly name: string; readonly text: string }[];
}

/** @throws UserWorkflowError, TemplateError */
export async function findDefinition(source: DefinitionSource, where: Whereabouts): Promise<FoundDefinition> {
  if (source.kind === 'file')
    return {
      text: definitionTextOf(await textOf(source.path, '--definition'), source.path),
      name: source.path,
      label: source.path,
      files: [source.path],
      machines: [],
    };
  const all = await findMachines(source.path, source.option, where);
  const chosen = chooseMachine(all, source.stateMachine, `${source.option} ${source.path}`);
  const { text, files } = await chosen.read();
  return {
    text,
    name: chosen.names[0] ?? '',
    label: labelOf(chosen),
    files: [...new Set(all.map(({ file }) => file)), ...files],
    machines: await readable(all),
  };
}

export function labelOf({ file, names }: TemplateMachine): string {
  return `${file}: ${names[0] ?? ''}`;
}

/** Machines beside the chosen one: of one that cannot be read a stand-in answers, as of any that is not here. */
async function readable(machines: readonly TemplateMachine[]): Promise<FoundDefinition['machines']> {
  const read: { readonly name: string; readonly text: string }[] = [];
  for (const machine of machines)
    try {
      read.push({ name: machine.names[0] ?? '', text: (await machine.read()).text });
    } catch (thrown) {
      if (!(thrown instanceof TemplateError)) throw thrown;
    }
  return read;
}

const hasCode = (error: unknown, code: string) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** The text of a file that an option names. @throws UserWorkflowError */
export async function textOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = hasCode(error, 'ENOENT')
      ? 'there is no such file'
      : hasCode(error, 'EISDIR')
        ? 'it is a folder, not a file'
        : asError(error).message;
    throw new UserWorkflowError(`${option} ${file} cannot be read: ${why} (looked for ${resolve(file)})`, {
      cause: error,
    });
  }
}
