import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateContract } from './contract.ts';
import { ExampleRefusedError } from './examples.ts';
import { formatPublished } from './format-published.ts';
import { checkPublished, publishingProblems, targetsOf } from './published-files.ts';

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
  const contract = await generateContract(formatPublished);
  if (check) return checkPublished(contract, root);
  const problems = await publishingProblems(contract, { root, release });
  if (problems.length > 0) return problems;
  for (const [path, text] of targetsOf(contract, { root, release })) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return [];
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
