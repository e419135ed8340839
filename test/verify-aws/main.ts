import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { Run } from '../deployed/run.ts';
import { inAws, inEmulator, type Target, type VerifySettings } from './target.ts';
import { verify } from './verify.ts';

const USAGE = `Usage: npm run verify:aws -- --region REGION [--uploads N] [--report FILE] [--yes]
       npm run verify:aws -- --dry-run [--uploads N]

Deploys Stepcast for the time of a run, tries every fact of docs/operations/unverified-facts.md with two people, measures,
says what it saw, and removes everything again, also after a failure or Ctrl+C.

  --region REGION   of an account in AWS, by the usual chain of credentials; it must have no Stepcast there
  --dry-run         in an emulator instead; what it says is said of the emulator
  --uploads N       by which latency is measured; default 20
  --report FILE     where the report is written too
  --yes             does not ask first
`;

const { values } = parseArgs({
  options: {
    region: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    uploads: { type: 'string', default: '20' },
    report: { type: 'string' },
    yes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
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
      { cwd: repository, timeoutMs: 240_000 },
    );
    return out;
  };

async function targetOf(region: string | undefined, folder: string): Promise<Target | undefined> {
  if (values['dry-run']) return inEmulator(new Run((text) => process.stdout.write(text)));
  if (region === undefined) return undefined;
  const sts = new STSClient({ region });
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  sts.destroy();
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
  const uploads = Number(values.uploads);
  if (values.help || !Number.isSafeInteger(uploads) || uploads < 1) {
    say(USAGE);
    return values.help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-verify-'));
  const interruption = new AbortController();
  const interrupt = () => {
    say('interrupted: what was made is removed; this takes some minutes');
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const target = await targetOf(values.region, folder);
  try {
    if (target === undefined) {
      say(USAGE);
      return 2;
    }
    if (!(await agreed(target))) return 1;
    const { report, failures, left } = await verify({
      target,
      say,
      interrupted: interruption.signal,
      uploads,
    });
    if (values.report !== undefined) await writeFile(values.report, report);
    say(report);
    for (const failure of failures) say(`FAILED: ${failure}`);
    for (const what of left) say(`NOT REMOVED: ${what}`);
    return failures.length + left.length === 0 ? 0 : 1;
  } finally {
    await target?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
