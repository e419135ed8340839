import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { LEAST_OWN, OWN, synthesize, VARIANTS } from '@stepcast/cdk/testing';
import { pythonWith } from '../support/python-packages.ts';
import { must, type Run } from './run.ts';

/** Every version of what is installed stands in this file, and nowhere else. */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');

/** What its command does; the command itself names the folder that it was installed in, which has another name since. */
const START = 'import sys; from cfnlint.runner.cli import main; sys.exit(main())';

const Matches = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Message: z.string(),
    Filename: z.string(),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
  }),
);

/** Stacks of somebody else in which Stepcast is a part, and what in them is Stepcast's. */
const OWN_STACKS: readonly string[] = [OWN, LEAST_OWN].map((name) => `${name}.template.json`);
const STEPCASTS = ['Resources.Stepcast', 'Resources.WorkflowLogs'] as const;

/** A stage of an account, and a deployment that adopts what an earlier one left. */
const LATER = {
  staged: { ...VARIANTS.plain, stage: 'dev', firstLogins: true, signedProvisioning: true, guests: true },
  adopting: {
    ...VARIANTS.plain,
    bucket: 'stepcast-uploads-111122223333-us-east-1',
    journalTable: 'stepcast-journal',
    userPool: VARIANTS.existing.userPool,
    identityPool: { identityPoolId: VARIANTS.existing.identityPool.identityPoolId, newRoles: true as const },
  },
};

/** What cfn-lint finds in the templates of a folder: errors, warnings and informational matches. */
async function lint(
  python: string,
  folder: string,
): Promise<{ readonly templates: number; readonly found: readonly string[] }> {
  const templates = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
  const child = startChildProcess(
    python,
    ['-c', START, '--format', 'json', '--regions', 'us-east-1', '--', ...templates],
    {
      cwd: folder,
      outputLimit: 4 * 1_048_576,
    },
  );
  const limit = setTimeout(() => void child.end(), 300_000);
  await child.exited;
  clearTimeout(limit);
  const parsed = parseJson(Matches, child.stdout());
  if (!parsed.ok)
    throw new Error(`cfn-lint: ${describeIssues(parsed.issues)}: ${child.output().slice(-1_000)}`);
  return {
    templates: templates.length,
    found: parsed.value.flatMap(({ Rule, Message, Filename, Location }) => {
      const path = (Location.Path ?? []).join('.');
      // What is not Stepcast's in a stack of somebody else is nothing to be checked.
      if (OWN_STACKS.includes(Filename) && !STEPCASTS.some((start) => path.startsWith(start))) return [];
      return [`${Filename} ${Rule.Id} ${Message} (${path})`];
    }),
  };
}

/**
 * 0 errors, 0 warnings, 0 remarks, in what every variant of the settings gives, and in a stack of somebody else's.
 * @throws PythonPackagesUnavailable
 */
export async function lintsEveryTemplate(run: Run): Promise<void> {
  const python = await pythonWith(REQUIREMENTS);
  const variants = { ...VARIANTS, ...LATER };
  const synthesized = synthesize(variants);
  try {
    await run.check('cfn-lint finds nothing', 600_000, async () => {
      const { templates, found } = await lint(python, synthesized.folder);
      run.say(`cfn-lint checked ${templates} templates`);
      must(templates === Object.keys(variants).length + OWN_STACKS.length, 'a template is missing');
      for (const one of found) run.say(one);
      must(found.length === 0, `${found.length} findings`);
    });
  } finally {
    synthesized.remove();
  }
}
