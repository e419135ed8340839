import { readOptions, refuseOptions } from '../support/command-line.ts';
import { PythonPackagesUnavailable } from '../support/python-packages.ts';
import { ToolUnavailable } from '../support/tool-cache.ts';
import { lintsEveryTemplate } from './cfn-lint.ts';
import { livesInSize } from './life.ts';
import { Run } from './run.ts';
import { livesSideBySide } from './side-by-side.ts';
import { triesWhatIsLeftOut, worksUnderIam } from './stages.ts';
import { verifiesDry } from './verify-dry.ts';
import { startEmulator, type Emulator } from './world.ts';

const USAGE = `Usage: npm run test:deployed -- [--only STAGE]…

The template as it is synthesized is deployed by CloudFormation to an emulator that nobody here wrote, the services run on what was
deployed, and somebody follows an upload to its end. Takes a quarter of an hour.

  --only STAGE   lint, left-out, small, large, side-by-side, iam-small, iam-large or verify; may be given again
`;

const values = readOptions(USAGE, { only: { type: 'string', multiple: true } });
const run = new Run((text) => process.stdout.write(text));

interface Stage {
  readonly name: string;
  readonly title: string;
  readonly body: () => Promise<void>;
}

const inEmulator =
  (enforcesIam: boolean, body: (emulator: Emulator) => Promise<void>): Stage['body'] =>
  async () => {
    const emulator = await startEmulator({ enforcesIam });
    run.say(`the emulator listens at ${emulator.place.endpoint}`);
    try {
      await body(emulator);
    } finally {
      await emulator.stop();
    }
  };

const stages: readonly Stage[] = [
  {
    name: 'lint',
    title: 'cfn-lint over the templates of all variants',
    body: () => lintsEveryTemplate(run),
  },
  {
    name: 'left-out',
    title: 'What the emulator’s CloudFormation refuses',
    body: inEmulator(false, (emulator) => triesWhatIsLeftOut(run, emulator)),
  },
  {
    name: 'small',
    title: 'Size small: deployed, used, examined, taken down, deployed again',
    body: inEmulator(false, (emulator) => livesInSize(run, emulator, 'small')),
  },
  {
    name: 'iam-small',
    title: 'Size small under the shipped documents, which the emulator enforces',
    body: inEmulator(true, (emulator) => worksUnderIam(run, emulator, 'small')),
  },
  {
    name: 'large',
    title: 'Size large: deployed, used, examined, taken down, deployed again',
    body: inEmulator(false, (emulator) => livesInSize(run, emulator, 'large')),
  },
  {
    name: 'side-by-side',
    title: 'Two stages in one account: both used, one destroyed while the other goes on',
    body: inEmulator(false, (emulator) => livesSideBySide(run, emulator)),
  },
  {
    name: 'iam-large',
    title: 'Size large under the shipped documents, which the emulator enforces',
    body: inEmulator(true, (emulator) => worksUnderIam(run, emulator, 'large')),
  },
  {
    name: 'verify',
    title: 'A dry run of verify:aws',
    body: () => verifiesDry(run),
  },
];

async function runStage({ title, body }: Stage): Promise<void> {
  run.stage(title);
  try {
    await body();
  } catch (thrown) {
    if (!(thrown instanceof ToolUnavailable) && !(thrown instanceof PythonPackagesUnavailable)) throw thrown;
    run.notRun(title, thrown.message);
  }
}

const unknown = (values.only ?? []).filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) refuseOptions(USAGE, `there is no stage ${unknown.join(', ')}`);
const wanted = values.only ?? stages.map(({ name }) => name);
for (const stage of wanted.flatMap((name) => stages.filter((one) => one.name === name)))
  await run.attempt(() => runStage(stage));
const { passed, failures, notRun } = run.outcome();
process.stdout.write(
  [
    '',
    ...failures.map((failure) => `FAILED: ${failure}`),
    ...notRun.map((what) => `NOT RUN: ${what}`),
    `${passed} passed, ${failures.length} failed, ${notRun.length} not run`,
    '',
  ].join('\n'),
);
process.exitCode = failures.length === 0 ? 0 : 1;
