import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');

const Entry = z.object({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  license: z.string().optional(),
});
type Entry = z.output<typeof Entry>;
const Lockfile = z.object({ lockfileVersion: z.number(), packages: z.record(z.string(), Entry) });
const Sbom = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      hashes: z.array(z.object({ alg: z.string() })).optional(),
    }),
  ),
});

function valueOf<S extends z.core.$ZodType>(schema: S, text: string): z.output<S> {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new Error(parsed.issues.map(({ path, problem }) => `${path}: ${problem}`).join('; '));
  return parsed.value;
}

const lockfile = valueOf(Lockfile, await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
const installed = Object.entries(lockfile.packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);
const paths = (is: (entry: Entry, path: string) => boolean) =>
  installed.filter(([path, entry]) => is(entry, path)).map(([path]) => path);

describe('the lockfile', () => {
  it('has a hash of every package, on every platform', () => {
    expect(installed.length).toBeGreaterThan(1_000);
    expect(
      paths(({ integrity, inBundle }) => inBundle !== true && integrity?.startsWith('sha512-') !== true),
    ).toEqual([]);
  });

  it('names no host: any mirror can serve it', () => {
    expect(paths(({ resolved }) => resolved !== undefined)).toEqual([]);
  });
});

describe('licences', () => {
  const PERMISSIVE = new Set([
    '(MIT OR CC0-1.0)',
    '(MIT OR GPL-3.0-or-later)',
    '(MPL-2.0 OR Apache-2.0)',
    '0BSD',
    'Apache-2.0',
    'Apache-2.0 AND MIT',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'CC-BY-4.0',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
    'Python-2.0',
    'Unlicense',
  ]);
  /** Packages that state theirs in a file and not in package.json: all MIT. */
  const BY_FILE = ['buildcheck', 'cpu-features', 'ssh2'];
  const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

  it('are permissive but for libvips in the sandbox, which NOTICE names, and tools of build and tests under MPL-2.0', async () => {
    const others = installed
      .filter(([path, { license }]) => !BY_FILE.includes(nameOf(path)) && !PERMISSIVE.has(license ?? ''))
      .map(([path, { license }]) => ({ name: nameOf(path), license: license ?? 'none' }));
    const lgpl = others.filter(({ license }) => license.includes('LGPL-3.0-or-later'));
    const mpl = others.filter(({ license }) => license === 'MPL-2.0');
    expect(others.filter((one) => !lgpl.includes(one) && !mpl.includes(one))).toEqual([]);
    expect(lgpl.map(({ name }) => name).filter((name) => !name.startsWith('@img/sharp-'))).toEqual([]);
    expect(mpl.map(({ name }) => name).filter((name) => !/^(axe-core|lightningcss)/.test(name))).toEqual([]);
    expect(await readFile(join(ROOT, 'NOTICE'), 'utf8')).toContain('libvips');
  });

  it('of services that are deployed and of published packages are permissive: none depends on sharp', async () => {
    const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).optional() });
    const deployed = [
      ...['engine', 'forwarder', 'correlator', 'publisher', 'provisioner', 'kit', 'wire'].map(
        (name) => `services/${name}`,
      ),
      'contracts',
      'clients/web',
      'clients/react',
      'clients/uppy',
      'clients/cli',
    ];
    for (const folder of deployed) {
      const { dependencies = {} } = valueOf(
        Manifest,
        await readFile(join(ROOT, folder, 'package.json'), 'utf8'),
      );
      expect(Object.keys(dependencies)).not.toContain('sharp');
      expect(Object.keys(dependencies)).not.toContain('@stepcast/sandbox');
    }
  });
});

it('the SBOM is CycloneDX and has every package of the lockfile with its hash', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], {
    cwd: ROOT,
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { components } = valueOf(Sbom, stdout);
  const found = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const expected = installed.flatMap(([path, { version, inBundle }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return inBundle === true || version === undefined ? [] : [`${name}@${version}`];
  });
  expect(expected.filter((one) => !found.has(one)).length).toBeLessThan(expected.length / 10);
  for (const name of ['mqtt', 'fastify', 'sharp', '@img/sharp-libvips-linux-x64'])
    expect(components.find((one) => one.name === name)?.hashes?.map(({ alg }) => alg)).toEqual(['SHA-512']);
});
