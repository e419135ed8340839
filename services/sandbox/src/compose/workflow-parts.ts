import { dirname } from 'node:path';
import type { Json, JsonObject, Ports, ServiceCall } from '@stepcast/asl-interpreter';
import { systemClock, systemTimers } from '@stepcast/kit';
import { standInsIn, stateNamesIn, taskNamesIn, type StandInPlace } from '../check/tasks-of.ts';
import type { SandboxConfig } from '../config.ts';
import { loadMocks } from '../mocks/mock-configuration.ts';
import { skeletonOf } from '../stand-ins/skeleton.ts';
import { defaultPlan, loadStandInSettings, type PlanStandIn } from '../stand-ins/stand-in-settings.ts';
import { createStandIns } from '../stand-ins/stand-ins.ts';
import { loadUserWorkflow, photoWorkflow, type Printing, type Workflow } from '../workflow/index.ts';
import type { WatchedPaths } from '../workflow/watch-files.ts';
import type { Place } from './place.ts';
import { hasService } from './task-services.ts';
import { workflowWords, type WorkflowWords } from './workflow-words.ts';

/** A workflow with all that answers for its tasks, as the files say it at one moment. */
export interface WorkflowParts {
  readonly workflow: Workflow;
  readonly mocks: Ports['mocks'];
  /** How long stand-ins take, and whether they fail. */
  readonly plan: PlanStandIn;
  /** What a function that nobody has written answers with. */
  readonly skeleton: JsonObject;
  /** What a service that is not here answers. */
  readonly standIn: (call: ServiceCall) => Json;
  /** Tasks that stand-ins answer for, as far as that is known before they are called. */
  readonly standIns: readonly StandInPlace[];
  /** How a page may speak of it. */
  readonly words: WorkflowWords;
  /** What it was read from. */
  readonly watched: WatchedPaths;
}

/**
 * Reads definition, handlers, mocks and the settings of stand-ins anew.
 * @throws UserWorkflowError, TemplateError, MockConfigurationError, StandInSettingsError; nothing is left open
 */
export async function loadParts(
  config: SandboxConfig,
  place: Place,
  printing: Printing,
): Promise<WorkflowParts> {
  const workflow =
    config.workflow === undefined
      ? photoWorkflow(place, systemTimers, printing)
      : await loadUserWorkflow(
          { definition: config.workflow.definition, handlers: config.workflow.handlersPath },
          systemTimers,
          place,
          printing,
        );
  try {
    return { ...(await partsOf(workflow, config, place)), workflow };
  } catch (thrown) {
    await workflow.handlers?.close();
    throw thrown;
  }
}

async function partsOf(
  { definition, functions, files, name }: Workflow,
  config: SandboxConfig,
  { region, accountId }: Place,
): Promise<Omit<WorkflowParts, 'workflow'>> {
  const { mocks, standIns: settings } = config;
  const handlers = config.workflow?.handlersPath;
  return {
    mocks: mocks === undefined ? undefined : await loadMocks(mocks, stateNamesIn(definition)),
    plan:
      settings === undefined
        ? defaultPlan
        : await loadStandInSettings(settings, taskNamesIn(definition), Math.random),
    skeleton: skeletonOf(definition),
    standIn: createStandIns({ region, accountId, nowMs: () => systemClock.nowMs(), definition }),
    standIns: standInsIn(definition, { functions, hasService }),
    words: workflowWords(definition, name, config.workflow === undefined),
    watched: {
      files: [...files, mocks?.split('#', 1)[0], settings].filter((file) => file !== undefined),
      folders: handlers === undefined ? [] : [dirname(handlers)],
    },
  };
}
