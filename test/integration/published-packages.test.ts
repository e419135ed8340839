import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const PUBLISHED = [
  'contracts',
  'clients/web',
  'clients/elements',
  'clients/react',
  'clients/uppy',
  'clients/cli',
  'infra/cdk',
];
const FOR_BROWSERS = ['contracts', 'clients/web', 'clients/elements', 'clients/react', 'clients/uppy'];

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  private: z.boolean().optional(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
  scripts: z.record(z.string(), z.string()).optional(),
  publishConfig: z.object({ access: z.string(), provenance: z.boolean() }).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});
const Changesets = z.object({ fixed: z.array(z.array(z.string())), access: z.string() });

async function textOf(...path: readonly string[]): Promise<string> {
  return readFile(join(ROOT, ...path), 'utf8');
}

async function manifestOf(folder: string): Promise<z.output<typeof Manifest>> {
  const parsed = parseJson(Manifest, await textOf(folder, 'package.json'));
  if (!parsed.ok)
    throw new Error(parsed.issues.map(({ path, problem }) => `${folder}: ${path}: ${problem}`).join('; '));
  return parsed.value;
}

/** Installed and used they are in `npm run test:packages`, which needs the registry. */
describe.each(PUBLISHED)('the published package in %s', (folder) => {
  it('is public, built when it is packed, and ready for provenance', async () => {
    const manifest = await manifestOf(folder);
    expect(manifest.private).toBeUndefined();
    expect(manifest.scripts?.['prepack']).toMatch(/^node /);
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });

  it('has the licence of the repository, and a readme that says how to install it', async () => {
    const { name } = await manifestOf(folder);
    expect(await textOf(folder, 'LICENSE')).toBe(await textOf('LICENSE'));
    expect(await textOf(folder, 'NOTICE')).toBe(await textOf('NOTICE'));
    const readme = await textOf(folder, 'README.md');
    expect(readme).toContain('## Install');
    expect(readme).toMatch(new RegExp(`npm install [^\n]*${name}`));
    // npm shows the readme without the repository around it.
    expect([...readme.matchAll(/\]\((?!https:|#)[^)]*\)/g)].map(([link]) => link)).toEqual([]);
  });

  it('needs no package that is not published, and only the version of ours that goes with it', async () => {
    const manifests = await Promise.all(PUBLISHED.map(manifestOf));
    const versions = new Map(manifests.map(({ name, version }) => [name, version]));
    const { dependencies = {}, version } = await manifestOf(folder);
    const ours = Object.entries(dependencies).filter(([name]) => name.startsWith('@stepcast/'));
    expect(ours.filter(([name, wanted]) => versions.get(name) !== wanted)).toEqual([]);
    expect([...new Set(versions.values())]).toEqual([version]);
  });
});

it('the packages for browsers do not refuse Node 20, which builds pages', async () => {
  for (const folder of FOR_BROWSERS) expect((await manifestOf(folder)).engines.node).toBe('>=20');
});

it('changesets publishes exactly these, with one version', async () => {
  const config = parseJson(Changesets, await textOf('.changeset', 'config.json'));
  const names = await Promise.all(PUBLISHED.map(async (folder) => (await manifestOf(folder)).name));
  expect(config).toMatchObject({ ok: true, value: { fixed: [names], access: 'public' } });
});

it('every other workspace is private', async () => {
  // A folder without a manifest, as that of the packing scripts, is no workspace.
  const folders = (
    await Promise.all(
      ['clients', 'infra', 'services'].map(async (parent) =>
        (await readdir(join(ROOT, parent), { withFileTypes: true }))
          .filter(
            (entry) => entry.isDirectory() && existsSync(join(ROOT, parent, entry.name, 'package.json')),
          )
          .map(({ name }) => join(parent, name)),
      ),
    )
  ).flat();
  for (const folder of folders.filter((one) => !PUBLISHED.includes(one)))
    expect({ folder, private: (await manifestOf(folder)).private }).toEqual({ folder, private: true });
});
