import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCampaign, runOptions, USAGE, UsageError, type Campaign } from './options.ts';
import { describeRun, isGood, resultsOf } from './report.ts';
import { runChaos, type RunReport } from './run.ts';

/** `npm run test:chaos`: the services as processes that are killed, cut off and misled, and a checker of what was recorded. */
const RESULTS = join(import.meta.dirname, '..', 'results.json');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
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
      if (campaign.record)
        await writeFile(RESULTS, `${JSON.stringify(resultsOf(reports, new Date()), null, 2)}\n`);
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
