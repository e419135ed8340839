import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readJson } from '@stepcast/contracts';
import { refusals } from './compatibility/compare.ts';
import { readDocument, type ContractDocument } from './compatibility/document.ts';
import type { Contract } from './contract.ts';
import { MAJOR } from './version.ts';

const baselineIn = (folder: string) => join(folder, 'baseline', 'asyncapi.json');
const folderIn = (root: string) => join(root, 'contracts', 'published', MAJOR);

/**
 * What forbids to publish a contract below a folder: its own problems, and changes of the released version that its version or
 * the changelog does not allow. Empty: nothing does.
 * @param release whether it becomes the released version, which then need not be there
 */
export async function publishingProblems(
  contract: Contract,
  { root, release = false }: { readonly root: string; readonly release?: boolean },
): Promise<string[]> {
  const released = await readReleased(baselineIn(folderIn(root)));
  if (released === undefined)
    return release
      ? [...contract.problems]
      : [
          ...contract.problems,
          `contracts/published/${MAJOR}/baseline is missing: run npm run contracts:publish -- --release`,
        ];
  const changelog = await textOf(join(root, 'contracts', 'CHANGELOG.md'));
  return [...contract.problems, ...refusals(released, readDocument(contract.document), changelog)];
}

/** {@link publishingProblems}, and what is published below a folder and is not what the contract would write. */
export async function checkPublished(contract: Contract, root: string): Promise<string[]> {
  const problems = await publishingProblems(contract, { root });
  if (problems.length > 0) return problems;
  return [...(await drift(targetsOf(contract, { root }), root)), ...(await strangers(contract, root))];
}

/** Every file that is written, by its path. */
export function targetsOf(
  { files, reference }: Contract,
  { root, release = false }: { readonly root: string; readonly release?: boolean },
): ReadonlyMap<string, string> {
  const folder = folderIn(root);
  const targets = new Map([...files].map(([name, text]) => [join(folder, name), text]));
  targets.set(join(root, 'docs', 'reference', 'contract.md'), reference);
  const document = files.get('asyncapi.json');
  if (release && document !== undefined) targets.set(baselineIn(folder), document);
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
async function strangers({ files }: Contract, root: string): Promise<string[]> {
  const folder = folderIn(root);
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
