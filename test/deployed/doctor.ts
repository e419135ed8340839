import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { stepcast } from './command.ts';
import { type Place } from './place.ts';
import { must } from './run.ts';
import { STACK_NAME } from './stack.ts';

/**
 * What the doctor finds beside `pass`, and why it is right. Anything else fails, and so does a finding that is gone.
 */
export const EXPECTED_FINDINGS: readonly (readonly [finding: string, why: string])[] = [
  [
    'warn operator.caller',
    'the tests have the keys of the emulator’s root, and the doctor says whose keys they are',
  ],
  ['couldNotCheck iot.authorization', 'the emulator has no TestAuthorization'],
];

/** The same of `--before deploy`, before anything is deployed. */
export const EXPECTED_BEFORE: readonly (readonly [finding: string, why: string])[] = [
  ['fail deploy.iotEndpoint', 'the emulator’s endpoint has a name on this machine, which no settings take'],
  ['couldNotCheck deploy.vpc', 'the emulator has no Service Quotas'],
  ['couldNotCheck deploy.functions', 'the same'],
];

const Report = z.object({
  schema: z.literal('stepcast.doctor/v1'),
  links: z.array(
    z.object({
      link: z.string(),
      title: z.string(),
      verdict: z.string(),
      evidence: z.unknown(),
    }),
  ),
});

export interface Finding {
  /** `verdict link`, such as `fail logs.delivery`. */
  readonly name: string;
  readonly text: string;
}

/** Runs `stepcast doctor --before deploy` with settings. */
export const examineBefore = (place: Place, settingsPath: string): ReturnType<typeof ask> =>
  ask(place, ['--before', 'deploy', '--settings', settingsPath]);

/** Runs `stepcast doctor` against the deployed stack. */
export const examine = (place: Place, options: readonly string[]): ReturnType<typeof ask> =>
  ask(place, ['--stack', STACK_NAME, ...options]);

async function ask(
  place: Place,
  options: readonly string[],
): Promise<{ readonly passed: number; readonly findings: readonly Finding[] }> {
  const { stdout, output } = await stepcast(place, ['doctor', '--json', ...options], 170_000);
  const parsed = parseJson(Report, stdout);
  must(
    parsed.ok,
    parsed.ok ? '' : `the doctor said ${describeIssues(parsed.issues)}: ${output.slice(-1_500)}`,
  );
  const { links } = parsed.value;
  return {
    passed: links.filter(({ verdict }) => verdict === 'pass').length,
    findings: links
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ verdict, link, title, evidence }) => ({
        name: `${verdict} ${link}`,
        text: `${title}: ${JSON.stringify(evidence)}`,
      })),
  };
}
