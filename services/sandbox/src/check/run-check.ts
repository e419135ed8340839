import { readFile } from 'node:fs/promises';
import { asError } from '@stepcast/kit';
import { findMachines, isServerlessFile } from '../templates/find-machines.ts';
import { definitionTextOf } from '../templates/parse-template.ts';
import { labelOf, type DefinitionSource } from '../workflow/index.ts';
import { checkDefinition, type CheckedDefinition, type CheckOptions } from './check-definition.ts';
import { jsonReport, textReport } from './report.ts';

export interface CheckRequest {
  readonly files: readonly string[];
  readonly template: DefinitionSource | undefined;
  readonly json: boolean;
}

/** Something to be checked. */
interface Subject {
  readonly file: string;
  /** Rejects where it cannot be read. */
  readonly read: () => Promise<string>;
}

/**
 * Reads and checks each file, and each state machine of the template; gives what to print, and whether one is refused. What cannot
 * be read, a template without state machines among them, is refused.
 */
export async function runCheck(
  { files, template, json }: CheckRequest,
  options: CheckOptions,
): Promise<{ readonly report: string; readonly isRefused: boolean }> {
  const checked: CheckedDefinition[] = [];
  const subjects: Subject[] = [];
  for (const file of files)
    subjects.push(
      ...((await isServerlessFile(file))
        ? await inTemplate(
            { kind: 'template', option: '--serverless', path: file, stateMachine: undefined },
            options,
          )
        : [ofFile(file)]),
    );
  if (template !== undefined) subjects.push(...(await inTemplate(template, options)));
  for (const subject of subjects) checked.push(await checkOne(subject, options));
  return {
    report: json ? jsonReport(checked) : textReport(checked),
    isRefused: checked.some(({ verdict }) => verdict === 'refused'),
  };
}

function ofFile(file: string): Subject {
  return { file, read: async () => definitionTextOf(await readFile(file, 'utf8'), file) };
}

/** What is wrong with a template itself is said of its file. */
async function inTemplate(source: DefinitionSource, { where }: CheckOptions): Promise<readonly Subject[]> {
  if (source.kind === 'file') return [ofFile(source.path)];
  try {
    const machines = await findMachines(source.path, source.option, where);
    return machines
      .filter(({ names }) => source.stateMachine === undefined || names.includes(source.stateMachine))
      .map((machine) => ({ file: labelOf(machine), read: async () => (await machine.read()).text }));
  } catch (thrown) {
    return [{ file: source.path, read: () => Promise.reject(asError(thrown)) }];
  }
}

async function checkOne({ file, read }: Subject, options: CheckOptions): Promise<CheckedDefinition> {
  let text: string;
  try {
    text = await read();
  } catch (thrown) {
    const problem = { code: 'UNREADABLE', text: asError(thrown).message, at: '$' };
    return { file, verdict: 'refused', standIns: [], problems: [problem], placeholders: [], warnings: [] };
  }
  return checkDefinition(file, text, options);
}
