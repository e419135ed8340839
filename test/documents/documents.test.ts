import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import { freePort } from '../support/free-port.ts';
import { reportNotRun } from '../support/not-run.ts';
import { commandsOfDocuments, repositoryFiles, ROOT } from './documents-shown.ts';
import { treatmentOf, type Treatment } from './treatment.ts';

const READY = /Stepcast is ready at (http:\/\/127\.0\.0\.1:\d+)/;
const DEFAULT_URL = 'http://127.0.0.1:4200';

/** The repository as a person has it after cloning, and an empty project beside it. */
let clone = '';
let project = '';
let serving: RunningChild | undefined;
let url = DEFAULT_URL;
/** Settings of the shell that a document made, by document. */
const remembered = new Map<string, string>();

/** Free of what the run of this test has set: a person's shell has none of it. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST|STEPCAST_|PORT$)/i.test(name)),
);

const shellOf = (document: string, command: string) => {
  // The only differences to what is written: where the sandbox listens, and where the tarballs lie.
  const here = command.replaceAll(DEFAULT_URL, url).replace('./dist/packages', join(clone, 'dist/packages'));
  const follows = /examples\/typescript\/follow\.ts/.test(here) ? `${here} ${url}` : here;
  return ['-c', `${remembered.get(document) ?? ''}${follows}`];
};

/** Ctrl+C reaches every process of the job, as in a terminal: npm alone would leave the sandbox behind. */
const asJob = (command: string) =>
  `set -m\n${command} &\njob=$!\ntrap 'kill -INT -- -$job' INT TERM\nwait $job\nwait $job`;

async function stopServing(): Promise<void> {
  serving?.signal('SIGINT');
  await serving?.exited;
  serving = undefined;
}

async function serve(document: string, command: string): Promise<void> {
  await stopServing();
  const env = { ...environment, PORT: String(await freePort()) };
  const args = shellOf(document, asJob(command.replace('npm ci && ', '')));
  serving = startChildProcess('bash', args, { cwd: clone, env });
  [, url = ''] = await serving.waitForOutput(READY, { timeoutMs: 300_000 });
  expect((await fetch(`${url}/`)).status).toBe(200);
}

async function run(
  document: string,
  command: string,
  how: Extract<Treatment, { does: 'run' }>,
): Promise<void> {
  const cwd = how.inProject === true ? project : clone;
  const child = startChildProcess('bash', shellOf(document, command), { cwd, env: environment });
  const limit = setTimeout(() => void child.end(), 580_000);
  const { code } = await child.exited;
  clearTimeout(limit);
  if (!(how.codes ?? [0]).includes(code ?? -1)) throw new Error(`it ended with ${code}:\n${child.output()}`);
  if (how.prints !== undefined) expect(child.output()).toMatch(how.prints);
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepcast-documents-'));
  clone = join(folder, 'stepcast');
  project = join(folder, 'project');
  for (const path of repositoryFiles()) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await cp(join(ROOT, path), join(clone, path));
  }
  await runCommand('git', ['init', '--quiet'], { cwd: clone, timeoutMs: 30_000 });
  await mkdir(project);
  await writeFile(
    join(project, 'package.json'),
    '{ "name": "project", "private": true, "type": "module" }\n',
  );
  // What README calls one's own workflow.
  const own = 'services/sandbox/examples/word-count.asl.json';
  await cp(join(ROOT, own), join(clone, 'my.asl.json'));
  await cp(join(ROOT, own), join(project, 'my.asl.json'));
});

afterAll(async () => {
  await stopServing();
  await rm(dirname(clone), { recursive: true, force: true });
});

async function treat(document: string, command: string): Promise<void> {
  const treatment = treatmentOf(command);
  if (treatment === undefined) throw new Error('test/documents/treatment.ts does not say what to do with it');
  if (treatment.does === 'not') {
    reportNotRun(`${document}: ${command}`, treatment.because);
  } else if (treatment.does === 'remember') {
    const setting = command.replaceAll(DEFAULT_URL, url);
    remembered.set(document, `${remembered.get(document) ?? ''}${setting}\n`);
  } else if (treatment.does === 'serve') {
    if (command.startsWith('npm ci && ')) await run(document, 'npm ci', { does: 'run' });
    await serve(document, command);
  } else await run(document, command, treatment);
}

describe('a command that a document shows works as it is written, in the order of the documents', () => {
  it.each(commandsOfDocuments().map(({ document, command }) => [document, command] as const))(
    '%s: %s',
    async (document, command) => {
      await expect(treat(document, command)).resolves.toBeUndefined();
    },
    900_000,
  );
});
