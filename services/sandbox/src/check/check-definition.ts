import { validateDefinition, type Problem } from '@stepcast/asl-interpreter';
import type { Warning } from '../workflow/mend-definition.ts';
import type { Whereabouts } from '../workflow/placeholders.ts';
import { prepareDefinition } from '../workflow/prepare-definition.ts';
import { parseDefinition } from '../workflow/user-workflow.ts';
import { UserWorkflowError } from '../workflow/errors.ts';
import { standInsIn, type Answering, type StandInPlace } from './tasks-of.ts';

/** `runs`: as it is; `stand-ins`: with made-up answers for some tasks; `refused`: not. */
export type Verdict = 'runs' | 'stand-ins' | 'refused';

export interface CheckedDefinition {
  readonly file: string;
  readonly verdict: Verdict;
  /** Tasks that nothing here answers for, each with what it calls. */
  readonly standIns: readonly StandInPlace[];
  /** Why it is refused. */
  readonly problems: readonly Problem[];
  /** Names of `${…}` that infrastructure would fill. */
  readonly placeholders: readonly string[];
  /** What AWS refuses, and runs here all the same. */
  readonly warnings: readonly Warning[];
}

export interface CheckOptions extends Answering {
  readonly where: Whereabouts;
}

/** Says of a definition whether the sandbox runs it. Reads no file and starts nothing. */
export function checkDefinition(file: string, source: string, options: CheckOptions): CheckedDefinition {
  const { text, placeholders, warnings } = prepareDefinition(source, options.where);
  const refused = (problems: readonly Problem[]): CheckedDefinition => ({
    file,
    verdict: 'refused',
    standIns: [],
    problems,
    placeholders,
    warnings,
  });
  try {
    parseDefinition(text, file);
  } catch (error) {
    if (!(error instanceof UserWorkflowError)) throw error;
    return refused([{ code: 'INVALID_JSON_DESCRIPTION', text: error.message, at: '$' }]);
  }
  const validated = validateDefinition(text);
  if (!validated.ok) return refused(validated.problems);
  const standIns = standInsIn(text, options);
  return {
    file,
    verdict: standIns.length > 0 ? 'stand-ins' : 'runs',
    standIns,
    problems: [],
    placeholders,
    warnings,
  };
}
