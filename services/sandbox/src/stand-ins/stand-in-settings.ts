import { readFile } from 'node:fs/promises';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError, StepcastError } from '@stepcast/kit';
import * as z from 'zod';

/** `--stand-ins` cannot be used. The message says which file and what is wrong. */
export class StandInSettingsError extends StepcastError {
  readonly code = 'SANDBOX_STAND_INS_INVALID';
  readonly retryable = false;
}

/** Up to a day. */
const Seconds = z.number().min(0).max(86_400);
const Settings = z.strictObject({
  /** How long a call takes: a number, or the least and the most. */
  seconds: z
    .union([
      Seconds,
      z.tuple([Seconds, Seconds]).refine(([least, most]) => least <= most, 'the least is above the most'),
    ])
    .optional(),
  /** The call fails. `times`: only the first so many tries each time that the state is entered; every try when absent. */
  fails: z
    .strictObject({
      error: z.string().min(1),
      cause: z.string().optional(),
      times: z.number().int().min(1).max(1_000).optional(),
    })
    .optional(),
});
const SettingsFile = z.strictObject({
  /** Of states that say nothing themselves. */
  default: Settings.optional(),
  /** By the name of the state. */
  states: z.record(z.string(), Settings).optional(),
});
type Settings = z.infer<typeof Settings>;

/** What the stand-in of one call does before it answers. */
export interface StandInPlan {
  readonly seconds: number;
  /** It fails with this instead of answering. */
  readonly failure: { readonly error: string; readonly cause: string } | undefined;
}

/** @param attempt 0 for the first try of a state, 1 for its first retry… */
export type PlanStandIn = (stateName: string, attempt: number) => StandInPlan;

/** How long a stand-in takes, so that a page shows that something happens. */
const DEFAULT_SECONDS = 0.3;

/** Reads a file of settings. @throws StandInSettingsError */
export async function loadStandInSettings(
  file: string,
  tasks: readonly string[],
  random: () => number,
): Promise<PlanStandIn> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new StandInSettingsError(`--stand-ins ${file} cannot be read: ${asError(thrown).message}`, {
      cause: thrown,
    });
  }
  return planOf(text, { file, tasks, random });
}

/**
 * What stand-ins do, as the text of a file says.
 * @param tasks names of the Task states that there are
 * @throws StandInSettingsError for a text that is none, and for a state that is no Task of the definition
 */
export function planOf(
  text: string,
  { file, tasks, random }: { file: string; tasks: readonly string[]; random: () => number },
): PlanStandIn {
  const parsed = parseJson(SettingsFile, text);
  if (!parsed.ok)
    throw new StandInSettingsError(
      `${file} does not say what stand-ins do: ${describeIssues(parsed.issues)}`,
    );
  const states = new Map(Object.entries(parsed.value.states ?? {}));
  const unknown = [...states.keys()].filter((name) => !tasks.includes(name));
  if (unknown.length > 0)
    throw new StandInSettingsError(
      `${file} has settings for ${unknown.map((name) => `"${name}"`).join(', ')}, which the definition has no Task for`,
    );
  return planBy(parsed.value.default ?? {}, states, random);
}

/** What stand-ins do without a file. */
export const defaultPlan: PlanStandIn = () => ({ seconds: DEFAULT_SECONDS, failure: undefined });

function planBy(
  byDefault: Settings,
  states: ReadonlyMap<string, Settings>,
  random: () => number,
): PlanStandIn {
  return (stateName, attempt) => {
    const { seconds = DEFAULT_SECONDS, fails } = { ...byDefault, ...states.get(stateName) };
    const [least, most] = typeof seconds === 'number' ? [seconds, seconds] : seconds;
    const isFailure = fails !== undefined && attempt < (fails.times ?? Number.POSITIVE_INFINITY);
    return {
      seconds: least + (most - least) * random(),
      failure: isFailure
        ? { error: fails.error, cause: fails.cause ?? 'A stand-in failed as configured.' }
        : undefined,
    };
  };
}
