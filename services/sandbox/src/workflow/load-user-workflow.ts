import { resolve } from 'node:path';
import type { Timers } from '@stepcast/kit';
import { findDefinition, textOf, type DefinitionSource } from './definition-source.ts';
import type { Whereabouts } from './placeholders.ts';
import { prepareDefinition } from './prepare-definition.ts';
import { functionsWithoutHandler } from './user-workflow.ts';
import { createHandlerPool, type HandlerPool } from './worker/handler-pool.ts';
import type { Printing, Workflow } from './workflow.ts';

/** Calls of a user's handlers at a time. */
const THREADS = 8;

/**
 * Reads what `npm start -- --definition my.asl.json --handlers my-handlers.mjs` names. Loading the handlers runs the
 * user's code with the rights of the sandbox, in threads of its own. Functions without a handler have stand-ins.
 *
 * @throws UserWorkflowError for a missing file, broken JSON, or handlers that are no functions; TemplateError
 */
export async function loadUserWorkflow(
  files: { readonly definition: DefinitionSource; readonly handlers?: string | undefined },
  timers: Timers,
  where: Whereabouts,
  printing: Printing = {},
): Promise<Workflow> {
  const found = await findDefinition(files.definition, where);
  const handlers = files.handlers === undefined ? undefined : await poolOf(files.handlers, timers, printing);
  try {
    const functions = (await handlers?.names()) ?? [];
    const { text, placeholders, warnings } = prepareDefinition(found.text, where);
    const missing = functionsWithoutHandler({ text, file: found.label }, functions);
    return {
      definition: text,
      functions,
      handlers,
      standIns: [...new Set(missing.map(({ name }) => name))],
      placeholders,
      warnings,
      name: found.name,
      label: found.label,
      files: found.files,
      machines: found.machines.map(({ name, text: other }) => ({
        name,
        definition: prepareDefinition(other, where).text,
      })),
    };
  } catch (thrown) {
    await handlers?.close();
    throw thrown;
  }
}

async function poolOf(file: string, timers: Timers, printing: Printing): Promise<HandlerPool> {
  // Read first: a missing file is then distinguished from a file whose own imports are missing.
  await textOf(file, '--handlers');
  return createHandlerPool({ file: resolve(file), threads: THREADS, timers, ...printing });
}
