import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readJson } from '@stepcast/contracts';
import { format, resolveConfig } from 'prettier';
import { refusals } from './compatibility/compare.ts';
import { readDocument, type ContractDocument } from './compatibility/document.ts';
import { type Contract, generateContract } from './contract.ts';
import { ExampleRefusedError } from './examples.ts';
import { MAJOR } from './version.ts';

/**
 * `npm run contracts:publish`: writes contracts/published and docs/reference/contract.md from the sources, unless the change
 * is one that the released version forbids. `--release` makes what is written the released version. `--check` writes
 * nothing, and fails when what is there is not what it would write. `--root` names another folder than the project's for
 * everything that is read and written beside the sources.
 */

const ROOT = join(import.meta.dirname, '..', '..');

interface Options {
  readonly check: boolean;
  readonly release: boolean;
  readonly root: string;
}

async function main({ check, release, root }: Options): Promise<string[]> {
  const folder = join(root, 'contracts', 'published', MAJOR);
  const contract = await generateContract(formatted);
  const released = await readReleased(join(folder, 'baseline', 'asyncapi.json'));
  const changelog = await textOf(join(root, 'contracts', 'CHANGELOG.md'));
  const problems = [...contract.problems];
  if (released !== undefined)
    problems.push(...refusals(released, readDocument(contract.document), changelog));
  else if (!release)
    problems.push(
      `contracts/published/${MAJOR}/baseline is missing: run npm run contracts:publish -- --release`,
    );
  if (problems.length > 0) return problems;
  const targets = targetsOf(contract, root, release);
  if (check) return [...(await drift(targets, root)), ...(await strangers(folder, contract))];
  for (const [path, text] of targets) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return [];
}

/** Every file that is written, by its path. */
function targetsOf({ files, reference }: Contract, root: string, release: boolean): Map<string, string> {
  const folder = join(root, 'contracts', 'published', MAJOR);
  const targets = new Map([...files].map(([name, text]) => [join(folder, name), text]));
  targets.set(join(root, 'docs', 'reference', 'contract.md'), reference);
  const document = files.get('asyncapi.json');
  if (release && document !== undefined) targets.set(join(folder, 'baseline', 'asyncapi.json'), document);
  return targets;
}

async function drift(targets: ReadonlyMap<string, string>, root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of targets)
    if ((await textOf(path)) !== text)
      problems.push(`${relative(root, path)} is not what the sources say; run npm run contracts:publish`);
  return problems;
}

/** Files that nothing writes any more. */
async function strangers(folder: string, { files }: Contract): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => relative(folder, join(one.parentPath, one.name)).replaceAll('\\', '/'))
    .filter((name) => name !== 'baseline/asyncapi.json' && !files.has(name))
    .map((name) => `contracts/published/${MAJOR}/${name} is no part of the contract; delete it`);
}

async function readReleased(path: string): Promise<ContractDocument | undefined> {
  const text = await textOf(path);
  if (text === '') return undefined;
  const json = readJson(text);
  if (!json.ok) throw new TypeError(`${path} is no JSON`);
  return readDocument(json.value);
}

/** Empty where there is no such file. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** As the project formats its own files, whatever folder they are written to. Compiled code is left as it is. */
async function formatted(name: string, text: string): Promise<string> {
  if (name === 'validators.js') return text;
  const style = await resolveConfig(import.meta.filename);
  return format(text, { ...style, filepath: name });
}

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    release: { type: 'boolean', default: false },
    root: { type: 'string', default: ROOT },
  },
});
const problems = await main(values).catch((thrown: unknown) => {
  if (thrown instanceof ExampleRefusedError) return [thrown.message];
  throw thrown;
});
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
