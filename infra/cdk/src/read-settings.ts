import { isObject, readJson } from '@stepcast/contracts';
import { deploymentNames, indexOfJsonError, lineAndColumn, type DeploymentNames } from '@stepcast/wire';
import type * as z from 'zod';
import { Settings, SettingsShape } from './settings.ts';
import { conflictsOf } from './settings-conflicts.ts';

/** The settings, or every problem with them, each in one line that begins with where it is. */
export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a settings file. Finds all problems at once: what is wrong by itself, and what of the rest does not go together. */
export function readSettings(text: string): ReadSettings {
  const json = readJson(text);
  if (!json.ok) {
    const index = indexOfJsonError(text);
    const where = index === undefined ? '' : `: look at ${lineAndColumn(text, index)}`;
    return { ok: false, problems: [`is no JSON${where}`] };
  }
  if (!isObject(json.value)) return { ok: false, problems: ['is no JSON object'] };
  const parsed = Settings.safeParse(json.value);
  if (parsed.success) return { ok: true, settings: parsed.data };
  const shape = SettingsShape.safeParse(json.value);
  if (shape.success) return { ok: false, problems: parsed.error.issues.flatMap(lineOf) };
  const { issues } = shape.error;
  const bad = new Set(
    issues.flatMap((issue) =>
      issue.path.length === 0 && issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])],
    ),
  );
  const good = Object.fromEntries(Object.entries(json.value).filter(([key]) => !bad.has(key)));
  const comparable = SettingsShape.partial().safeParse(good);
  return {
    ok: false,
    problems: [
      ...issues.flatMap(lineOf),
      ...conflictsOf(comparable.success ? comparable.data : {}).map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      ),
    ],
  };
}

function lineOf(issue: z.core.$ZodIssue): readonly string[] {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${place === '' ? '' : `${place}.`}${key}: there is no such setting`);
  const absent = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [`${place}: ${absent ? 'is missing' : issue.message}`];
}

/** Names of what a deployment with these settings makes, but for roles, which end in the region. */
export function namesOf({ stage, stateMachineArn }: Settings): DeploymentNames {
  return deploymentNames({ stage, region: regionOfMachine(stateMachineArn) });
}

/** Where the stack goes: account and region of the state machine. */
export function homeOf({ stateMachineArn }: Pick<Settings, 'stateMachineArn'>): {
  readonly account: string;
  readonly region: string;
} {
  const [, , , region = '', account = ''] = stateMachineArn.split(':');
  return { account, region };
}

const regionOfMachine = (stateMachineArn: string): string => homeOf({ stateMachineArn }).region;

export function stackNameOf({ stackName, stage }: Pick<Settings, 'stackName' | 'stage'>): string {
  return stackName ?? deploymentNames({ stage }).prefix;
}
