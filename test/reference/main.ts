import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { errorsDocument } from './errors.ts';
import { metricsDocument } from './metrics.ts';
import { settingsDocument } from './settings.ts';
import { readSources, ROOT } from './sources.ts';
import { topicsDocument } from './topics.ts';

/**
 * `npm run docs:reference`: writes docs/reference from the sources. With `--check` it writes nothing, and fails when what
 * is there is not what it would write. `--folder` names another folder than docs/reference.
 */

async function main({ check, folder }: { readonly check: boolean; readonly folder: string }): Promise<void> {
  const sources = readSources();
  const problems: string[] = [];
  const documents = {
    'errors.md': errorsDocument(sources, problems),
    'metrics.md': metricsDocument(sources, problems),
    'settings.md': settingsDocument(sources, problems),
    'topics.md': topicsDocument(),
  };
  if (!check) await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(documents)) {
    const path = join(folder, name);
    const style = await resolveConfig(path);
    const formatted = await format(text, { ...style, filepath: path });
    if (!check) await writeFile(path, formatted);
    else if ((await readFile(path, 'utf8').catch(() => '')) !== formatted)
      problems.push(`${relative(ROOT, path)} is not what the sources say; run npm run docs:reference`);
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(ROOT, 'docs', 'reference') },
  },
});
await main(values);
