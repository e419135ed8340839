import { join } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { REGION, type Place } from './place.ts';
import { must } from './run.ts';
import { STACK_NAME } from './stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');

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

/** Runs `stepcast doctor` against the deployed stack. */
export async function examine(
  { endpoint, keys }: Place,
  options: readonly string[],
): Promise<{ readonly passed: number; readonly findings: readonly Finding[] }> {
  const child = startChildProcess(
    process.execPath,
    [
      '--conditions=stepcast-source',
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'clients', 'cli', 'src', 'main.ts'),
      ...['doctor', '--json', '--stack', STACK_NAME, '--region', REGION, ...options],
    ],
    {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: join(ROOT, 'test', 'output'),
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
    },
  );
  await child.exited;
  const parsed = parseJson(Report, child.stdout());
  must(
    parsed.ok,
    parsed.ok ? '' : `the doctor said ${describeIssues(parsed.issues)}: ${child.output().slice(-1_500)}`,
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
