import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asError, type Timers } from '@stepcast/kit';
import { UserWorkflowError } from './errors.ts';
import { fillPlaceholders, type Whereabouts } from './placeholders.ts';
import { functionsWithoutHandler } from './user-workflow.ts';
import { createHandlerPool, type HandlerPool } from './worker/handler-pool.ts';
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
 * user's code with the rights of the sandbox, in threads of its own. Functions without a handler have stand-ins.
 *
 * @throws UserWorkflowError for a missing file, broken JSON, or handlers that are no functions
 */
export async function loadUserWorkflow(
  files: { readonly definition: string; readonly handlers?: string | undefined },
  timers: Timers,
  where: Whereabouts,
): Promise<Workflow> {
  const source = await textOf(files.definition, '--definition');
  const handlers = files.handlers === undefined ? undefined : await poolOf(files.handlers, timers);
  try {
    const functions = (await handlers?.names()) ?? [];
    const { text, placeholders } = fillPlaceholders(source, where);
    const missing = functionsWithoutHandler({ text, file: files.definition }, functions);
    return {
      definition: text,
      functions,
      handlers,
      standIns: [...new Set(missing.map(({ name }) => name))],
      placeholders,
    };
  } catch (thrown) {
    await handlers?.close();
    throw thrown;
  }
}

async function poolOf(file: string, timers: Timers): Promise<HandlerPool> {
  // Read first: a missing file is then distinguished from a file whose own imports are missing.
  await textOf(file, '--handlers');
  return createHandlerPool({ file: resolve(file), threads: THREADS, timers });
}
