import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asError, type Timers } from '@stepcast/kit';
import { UserWorkflowError } from './errors.ts';
import { joinUserWorkflow } from './user-workflow.ts';
import { createHandlerPool } from './worker/handler-pool.ts';
import type { Workflow } from './workflow.ts';

/** Calls of a user's handlers at a time. */
const THREADS = 8;

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

/**
 * Reads what `npm start -- --definition my.asl.json --handlers my-handlers.mjs` names. Loading the handlers runs the
 * user's code with the rights of the sandbox, in threads of its own.
 *
 * @throws UserWorkflowError for a missing file, broken JSON, handlers that are no functions, or functions that the
 *   definition calls and the handlers lack
 */
export async function loadUserWorkflow(
  files: { readonly definition: string; readonly handlers: string },
  timers: Timers,
): Promise<Workflow> {
  const text = await textOf(files.definition, '--definition');
  // Read first: a missing file is then distinguished from a file whose own imports are missing.
  await textOf(files.handlers, '--handlers');
  const handlers = createHandlerPool({ file: resolve(files.handlers), threads: THREADS, timers });
  try {
    const functions = { names: await handlers.names(), file: files.handlers };
    const definition = joinUserWorkflow({ text, file: files.definition }, functions);
    return { definition, functions: functions.names, handlers };
  } catch (thrown) {
    await handlers.close();
    throw thrown;
  }
}
