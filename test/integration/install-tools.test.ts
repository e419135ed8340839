import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { afterEach, beforeEach, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../support/install-tools.ts');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-tools-'));
  await mkdir(join(folder, 'bin'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What `npm run test:tools` says on a machine that has these commands, and an empty cache. */
async function installed(commands: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, body] of Object.entries(commands))
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const { stdout } = await runCommand(process.execPath, ['--conditions=stepcast-source', script], {
    env: { PATH: join(folder, 'bin'), XDG_CACHE_HOME: join(folder, 'cache') },
    timeoutMs: 60_000,
  });
  return stdout;
}

const JAVA_17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`;

it.each([
  ['no Python', {}, 'there is no python3'],
  ['no Java', {}, 'there is no java; install a JRE to have them'],
  ['an old Java', { java: `echo 'openjdk version "11.0.2"' >&2` }, 'it needs Java 17 or later'],
  ['no Maven', { java: JAVA_17 }, 'there is no mvn; install Maven to have them'],
  [
    'no way to Maven Central',
    { java: JAVA_17, mvn: '[ "$1" = -version ] || { echo "no route to host" >&2; exit 1; }' },
    process.arch === 'x64'
      ? 'Maven could not fetch DynamoDB Local 3.3.1: no route to host'
      : 'its SQLite has no library for',
  ],
])('where there is %s, what is missing is said and nothing is left behind', async (_name, commands, why) => {
  const said = await installed(commands);
  expect(said).toContain(`NOT INSTALLED, ${why}`);
  expect(said).not.toContain(': installed');
  expect(await readdir(join(folder, 'cache', 'stepcast')).catch(() => [])).toEqual([]);
});
