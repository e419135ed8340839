import type { Timers } from '@stepcast/kit';
import { PHOTO_FUNCTIONS, photoPipeline } from './photo-pipeline.ts';
import type { Warning } from './mend-definition.ts';
import { PHOTO_LIMITS } from './picture-tool.ts';
import { createHandlerPool, type HandlerPool, type HandlerPoolOptions } from './worker/handler-pool.ts';

/** What becomes of what functions print, and what lets their reports of progress count. */
export type Printing = Pick<HandlerPoolOptions, 'onLine' | 'reportToken'>;

/** A state machine and the functions that it calls. */
export interface Workflow {
  /** Amazon States Language, as text. */
  readonly definition: string;
  /** Names of the functions that there are. */
  readonly functions: readonly string[];
  /** Undefined: there is none, and stand-ins answer for all functions. */
  readonly handlers: HandlerPool | undefined;
  /** Functions that stand-ins answer for, as far as their names are known before they are called. */
  readonly standIns: readonly string[];
  /** Names of `${…}` that were filled. */
  readonly placeholders: readonly string[];
  /** What AWS would refuse of the definition, and runs here all the same. */
  readonly warnings: readonly Warning[];
  /** For people: of the file or, in a template, of the state machine. */
  readonly name: string;
  /** For messages: where the definition is from. */
  readonly label: string;
  /** What the definition was read from. */
  readonly files: readonly string[];
  /** State machines beside it that its tasks may start. */
  readonly machines: readonly { readonly name: string; readonly definition: string }[];
}

/** The demo's own. Each thread holds one file at most, so that there are as many threads as files may be held. */
export function photoWorkflow(
  place: Parameters<typeof photoPipeline>[0] & { readonly stateMachineName: string },
  timers: Timers,
  printing: Printing = {},
): Workflow {
  return {
    definition: JSON.stringify(photoPipeline(place)),
    functions: Object.values(PHOTO_FUNCTIONS),
    standIns: [],
    placeholders: [],
    warnings: [],
    name: place.stateMachineName,
    label: 'the photo pipeline',
    files: [],
    machines: [],
    handlers: createHandlerPool({ threads: PHOTO_LIMITS.atOnce, timers, ...printing }),
  };
}
