import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { partitionOf } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { Run } from '../deployed/run.ts';
import * as z from 'zod';
import { readOptions, refuseOptions } from '../support/command-line.ts';
import { endingOf } from './ending.ts';
import { said } from './probe.ts';
import { inAws, inEmulator, type Target, type VerifySettings } from './target.ts';
import { verify } from './verify.ts';

const USAGE = `Usage: npm run verify:aws -- --region REGION [--uploads N] [--report FILE] [--yes]
       npm run verify:aws -- --dry-run [--uploads N]

Deploys Stepcast for the time of a run, tries every fact of docs/operations/unverified-facts.md with two people, measures,
says what it saw, and removes everything again, also after a failure or Ctrl+C.

  --region REGION   of an account in AWS, by the usual chain of credentials; a Stepcast that is there is left alone
  --dry-run         in an emulator instead; what it says is said of the emulator
  --uploads N       by which latency is measured; default 20
  --report FILE     where the report is written too
  --yes             does not ask first
`;

const options = readOptions(USAGE, {
  region: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  uploads: { type: 'string', default: '20' },
  report: { type: 'string' },
  yes: { type: 'boolean', default: false },
});
const texts = z.object({
  region: z.string().optional(),
  report: z.string().optional(),
  uploads: z.coerce.number(),
  yes: z.boolean(),
  'dry-run': z.boolean(),
});
const values = texts.parse(options);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Synthesizes for AWS. @returns the folder that the CDK's command deploys */
const synthesizeInto =
  (folder: string) =>
  async (settings: VerifySettings): Promise<string> => {
    const [path, out] = [join(folder, 'settings.json'), join(folder, 'cdk.out')];
    const repository = join(import.meta.dirname, '..', '..');
    await writeFile(path, JSON.stringify(settings));
    await runCommand(
      process.execPath,
      [
        '--conditions=stepcast-source',
        join(repository, 'infra', 'cdk', 'src', 'main.ts'),
        ...['--settings', path, '--out', out],
      ],
      { cwd: repository, timeoutMs: 600_000 },
    );
    return out;
  };

/** The region of a run in AWS, or none of a dry run; ends the process where the command line names neither. */
function regionAsked(): string | undefined {
  const { region, 'dry-run': dry } = values;
  if (dry) return undefined;
  if (region === undefined) return refuseOptions(USAGE, 'one of --region and --dry-run is needed');
  const partition = partitionOf(region);
  return partition === 'aws'
    ? region
    : refuseOptions(USAGE, `${region} is in the partition ${partition}; only the partition aws is supported`);
}

async function targetOf(region: string | undefined, folder: string): Promise<Target> {
  if (region === undefined) return inEmulator(new Run((text) => process.stdout.write(text)));
  const sts = new STSClient({ region });
  const { Account = '', Arn = '' } = await sts
    .send(new GetCallerIdentityCommand({}))
    .catch((cause: unknown) => {
      throw new Error(
        `AWS does not say who you are (${said(cause)}): sign in (aws sso login), or choose a profile by AWS_PROFILE`,
        { cause },
      );
    })
    .finally(() => {
      sts.destroy();
    });
  say(`account ${Account}, ${region}, as ${Arn}`);
  return inAws(region, Account, synthesizeInto(folder));
}

async function agreed(target: Target): Promise<boolean> {
  if (values.yes || target.emulator !== undefined) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `This deploys Stepcast into ${target.name}, uses it for about half an hour (less than 1 USD), and removes it. Go on? [y/N] `,
  );
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function main(): Promise<number> {
  const { uploads } = values;
  if (!Number.isSafeInteger(uploads) || uploads < 1)
    return refuseOptions(USAGE, '--uploads is no number of uploads');
  const region = regionAsked();
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-verify-'));
  const interruption = new AbortController();
  const interrupt = () => {
    say('interrupted: what was made is removed; this takes some minutes');
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let target: Target | undefined;
  try {
    target = await targetOf(region, folder);
    if (!(await agreed(target))) return 1;
    const { report, ...rest } = await verify({
      target,
      say,
      interrupted: interruption.signal,
      uploads,
    });
    if (values.report !== undefined) await writeFile(values.report, report);
    say(report);
    const { lines, exitCode } = endingOf(rest);
    for (const line of lines) say(line);
    return exitCode;
  } catch (thrown) {
    // No credentials, no Python: nothing was made yet.
    process.stderr.write(`verify:aws: ${said(thrown)}\n`);
    return 1;
  } finally {
    await target?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
