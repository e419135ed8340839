import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asError } from '@stepcast/kit';
import { UserWorkflowError } from './errors.ts';
import { joinUserWorkflow, type UserWorkflow } from './user-workflow.ts';

const hasCode = (error: unknown, code: string) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

async function textOf(file: string, option: string): Promise<string> {
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

async function moduleOf(file: string): Promise<unknown> {
  // Read first: a missing file is then distinguished from a file whose own imports are missing.
  await textOf(file, '--handlers');
  try {
    const module: unknown = await import(pathToFileURL(resolve(file)).href);
    return module;
  } catch (error) {
    throw new UserWorkflowError(`--handlers ${file} cannot be loaded: ${asError(error).message}`, {
      cause: error,
    });
  }
}

/**
 * Reads what `npm start -- --definition my.asl.json --handlers my-handlers.mjs` names. Loading the handlers runs the
 * user's code with the rights of the sandbox.
 *
 * @throws UserWorkflowError for a missing file, broken JSON, handlers that are no functions, or functions that the
 *   definition calls and the handlers lack
 */
export async function loadUserWorkflow(files: {
  readonly definition: string;
  readonly handlers: string;
}): Promise<UserWorkflow> {
  const text = await textOf(files.definition, '--definition');
  const module = await moduleOf(files.handlers);
  return joinUserWorkflow({ text, file: files.definition }, { module, file: files.handlers });
}
