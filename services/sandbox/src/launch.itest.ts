import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
/** Not a folder of this repository, with an `npm` that notes where it was called and fails as npm does without a package.json. */
let elsewhere = '';
beforeAll(async () => {
  elsewhere = await realpath(await mkdtemp(join(tmpdir(), 'stepcast-launch-')));
  const npm = join(elsewhere, 'npm');
  await writeFile(npm, `#!/bin/sh\necho "$PWD $*" > "${join(elsewhere, 'called')}"\nexit 254\n`);
  await chmod(npm, 0o755);
});
afterAll(() => rm(elsewhere, { recursive: true, force: true }));

describe('npm start from a foreign folder', () => {
  it('builds the pages where they are, and says so when that fails: it ended with 254 and without a word', async () => {
    const { code, err } = await new Promise<{ readonly code: unknown; readonly err: string }>((resolve) => {
      execFile(
        process.execPath,
        ['--conditions=stepcast-source', join(import.meta.dirname, 'launch.ts')],
        {
          cwd: elsewhere,
          env: {
            PORT: '0',
            PATH: [elsewhere, dirname(process.execPath), '/bin', '/usr/bin'].join(delimiter),
          },
          timeout: 60_000,
        },
        (error, _out, err) => {
          resolve({ code: error?.code, err });
        },
      );
    });
    expect(await readFile(join(elsewhere, 'called'), 'utf8')).toBe(`${ROOT} run --silent build:pages\n`);
    expect(err).toContain(
      'The sandbox did not start: its pages could not be built ("npm run build:pages" in',
    );
    expect(code).toBe(1);
  });
});
