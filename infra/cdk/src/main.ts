import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from 'aws-cdk-lib';
import { homeOf, readSettings, stackNameOf } from './read-settings.ts';
import { type Settings } from './settings.ts';
import { StepcastStack } from './stepcast-stack.ts';

const PACKAGE = join(import.meta.dirname, '..');
const EXAMPLE = join(PACKAGE, 'settings.example.json');

/** How it ends, as the command `stepcast` does. */
const EXIT = { done: 0, usage: 64, settings: 65, fault: 70 } as const;

const USAGE = `Usage: npm run synth -- [--settings FILE] [--out FOLDER]

  --settings FILE   which state machine, endpoint and pages; default: the example's
  --out FOLDER      where the template and what it deploys are written

Ends with ${EXIT.done} when the template is written, ${EXIT.usage} when the command line cannot be used, ${EXIT.settings} when the settings cannot be used
(one line for each problem), and ${EXIT.fault} when synthesis itself fails.
`;

/** What comes after, for people. */
function next(settingsPath: string, settings: Settings, outdir: string): string {
  if (settingsPath === EXAMPLE)
    return `Made with the settings of the example. For yours:
  cp ${shown(EXAMPLE)} stepcast.json   # then put in your state machine, endpoint and origins
  npm run synth -- --settings stepcast.json
`;
  return `Next, with credentials of the account, and Docker for the images:
  npm run --silent stepcast -- doctor --before deploy --settings ${shown(settingsPath)}
  npx aws-cdk@2 bootstrap --app ${shown(outdir)}   # once for an account and region
  npx aws-cdk@2 deploy --app ${shown(outdir)}
  npm run --silent stepcast -- doctor --stack ${stackNameOf(settings)} --region ${homeOf(settings).region}
What each of them must be allowed to do: npm run --silent stepcast -- permission-set --help
`;
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

const firstLineOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? '';

/** The text, or why it cannot be read. */
function readText(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    return { problem: code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})` };
  }
}

function say(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
}

function commandLine():
  | {
      readonly settings?: string | undefined;
      readonly out?: string | undefined;
      readonly help?: boolean | undefined;
    }
  | undefined {
  try {
    return parseArgs({
      options: { settings: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (thrown) {
    say([`synth: ${firstLineOf(thrown)}`]);
    return undefined;
  }
}

function main(): number {
  const values = commandLine();
  if (values === undefined) return EXIT.usage;
  if (values.help === true) {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  const settingsPath = values.settings ?? EXAMPLE;
  const outdir = values.out ?? join(PACKAGE, 'dist', 'cdk.out');
  const file = readText(settingsPath);
  if ('problem' in file) {
    say([`${settingsPath}: ${file.problem}`]);
    return EXIT.settings;
  }
  const read = readSettings(file.text);
  if (!read.ok) {
    say(read.problems.map((problem) => `${settingsPath}: ${problem}`));
    return EXIT.settings;
  }
  try {
    const app = new App({ outdir, analyticsReporting: false });
    new StepcastStack(app, 'Stepcast', read.settings);
    const { templateFullPath } = app.synth().getStackByName(stackNameOf(read.settings));
    process.stdout.write(
      `The template: ${shown(templateFullPath)}\n\n${next(settingsPath, read.settings, outdir)}`,
    );
    return EXIT.done;
  } catch (thrown) {
    // Documents that are too long for AWS, for example.
    say([`${settingsPath}: ${firstLineOf(thrown)}`]);
    return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('POLICIES')
      ? EXIT.settings
      : EXIT.fault;
  }
}

process.exitCode = main();
