import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readCampaign, runOptions, USAGE, UsageError, type Campaign } from './options.ts';
import { describeRun, isGood, recordedRun, resultsOf, runsOf, withRun } from './report.ts';
import { runChaos, type RunReport } from './run.ts';

/** `npm run test:chaos`: the services as processes that are killed, cut off and misled, and a checker of what was recorded. */
const RESULTS = join(import.meta.dirname, '..', 'results.json');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const git = promisify(execFile);

async function commitNow(): Promise<string> {
  const { stdout } = await git('git', ['describe', '--always', '--dirty=+', '--exclude', '*'], {
    cwd: import.meta.dirname,
    timeout: 10_000,
  });
  return stdout.trim();
}

async function record(report: RunReport): Promise<void> {
  const text = existsSync(RESULTS) ? await readFile(RESULTS, 'utf8') : undefined;
  const runs = withRun(runsOf(text), recordedRun(report, await commitNow(), new Date()));
  await writeFile(RESULTS, `${JSON.stringify(resultsOf(runs), null, 2)}\n`);
}

async function run(campaign: Campaign): Promise<readonly RunReport[]> {
  const reports: RunReport[] = [];
  for (const form of campaign.forms)
    for (const seed of campaign.seeds) {
      const folder = campaign.logs === undefined ? undefined : join(campaign.logs, `${form}-${seed}`);
      if (folder !== undefined) await mkdir(folder, { recursive: true });
      const writing: Promise<void>[] = [];
      const report = await runChaos(
        runOptions(campaign, form, seed, {
          say: (line) => say(`${form} ${seed} ${line}`),
          onLog(name, text) {
            if (folder !== undefined)
              writing.push(writeFile(join(folder, `${name.replaceAll(/[^a-z0-9-]+/gi, '-')}.log`), text));
          },
        }),
      );
      await Promise.all(writing);
      if (folder !== undefined) await writeFile(join(folder, 'report.json'), JSON.stringify(report, null, 2));
      say(describeRun(report));
      reports.push(report);
      // After each run: a campaign that is broken off has recorded what it did.
      if (campaign.record) await record(report);
    }
  return reports;
}

try {
  const campaign = readCampaign(process.argv.slice(2));
  if (campaign === 'help') say(USAGE);
  else {
    const reports = await run(campaign);
    process.exitCode = reports.every(isGood) ? 0 : 1;
  }
} catch (thrown) {
  if (!(thrown instanceof UsageError)) throw thrown;
  process.stderr.write(`${thrown.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
// Not by itself: where a connection was cut at a bad moment, Node can wait in vain for a request of it, and spins instead of ending.
process.exit();
