import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { errorsDocument } from './errors.ts';
import { metricsDocument } from './metrics.ts';
import { settingsDocument } from './settings.ts';
import { readSources, ROOT } from './sources.ts';
import { topicsDocument } from './topics.ts';

/**
 * `npm run docs:reference`: writes docs/reference from the sources. With `--check` it writes nothing, and fails when what
 * is there is not what it would write. `--folder` names another folder than docs/reference, and may be given several times.
 */

interface Options {
  readonly check: boolean;
  readonly folder: readonly string[];
}

async function main({ check, folder: folders }: Options): Promise<void> {
  const sources = readSources();
  const problems: string[] = [];
  const documents = {
    'errors.md': errorsDocument(sources, problems),
    'metrics.md': metricsDocument(sources, problems),
    'settings.md': settingsDocument(sources, problems),
    'topics.md': topicsDocument(),
  };
  for (const [name, text] of Object.entries(documents)) {
    const path = join(ROOT, 'docs', 'reference', name);
    const style = await resolveConfig(path);
    const formatted = await format(text, { ...style, filepath: path });
    for (const folder of folders) {
      const found = await place(join(folder, name), formatted, check);
      if (found !== undefined) problems.push(found);
    }
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

/** Writes a document, or says what is wrong with the one that is there. */
async function place(path: string, text: string, check: boolean): Promise<string | undefined> {
  if (!check) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return undefined;
  }
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return undefined;
  return `${relative(ROOT, path)} is not what the sources say; run npm run docs:reference`;
}

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    folder: { type: 'string', multiple: true, default: [join(ROOT, 'docs', 'reference')] },
  },
});
await main(values);
