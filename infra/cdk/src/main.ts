import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'aws-cdk-lib';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { Settings } from './settings.ts';
import { StepcastStack } from './stepcast-stack.ts';

const PACKAGE = join(import.meta.dirname, '..');
const EXAMPLE = join(PACKAGE, 'settings.example.json');

const USAGE = `Usage: npm run synth -- [--settings FILE] [--out FOLDER]

  --settings FILE   which state machine, endpoint and pages; default: the example's
  --out FOLDER      where the template and what it deploys are written
`;

/** What comes after, for people. */
function next(settingsPath: string, { stackName, stateMachineArn }: Settings, outdir: string): string {
  if (settingsPath === EXAMPLE)
    return `Made with the settings of the example. For yours:
  cp ${shown(EXAMPLE)} stepcast.json   # then put in your state machine, endpoint and origins
  npm run synth -- --settings stepcast.json
`;
  return `Next, with credentials of the account, and Docker for the images:
  npx aws-cdk@2 bootstrap                      # once for an account and region
  npx aws-cdk@2 deploy --app ${shown(outdir)}
  npm run --silent stepcast -- doctor --stack ${stackName} --state-machine ${stateMachineArn}
What each of them must be allowed to do: npm run --silent stepcast -- permission-set --help
`;
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function main(): number {
  const { values } = parseArgs({
    options: { settings: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const settingsPath = values.settings ?? EXAMPLE;
  const outdir = values.out ?? join(PACKAGE, 'dist', 'cdk.out');
  const settings = parseJson(Settings, readFileSync(settingsPath, 'utf8'));
  if (!settings.ok) {
    process.stderr.write(`${settingsPath}: ${describeIssues(settings.issues)}\n`);
    return 1;
  }
  const app = new App({ outdir, analyticsReporting: false });
  new StepcastStack(app, 'Stepcast', settings.value);
  const { templateFullPath } = app.synth().getStackByName(settings.value.stackName);
  process.stdout.write(
    `The template: ${shown(templateFullPath)}\n\n${next(settingsPath, settings.value, outdir)}`,
  );
  return 0;
}

process.exitCode = main();
