import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startChildProcess } from '@stepcast/kit/testing/child-process';

const ROOT = join(import.meta.dirname, '..', '..');

describe('npm run contracts:check', () => {
  // Which problems it finds is tested beside the sources of the contract.
  it('fails, with a line for each problem', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'stepcast-contract-'));
    try {
      const main = join(ROOT, 'contracts', 'publish', 'main.ts');
      const child = startChildProcess(
        process.execPath,
        ['--conditions=stepcast-source', main, '--check', '--root', empty],
        { cwd: ROOT },
      );
      expect((await child.exited).code).toBe(1);
      expect(child.stderr()).toMatch(
        /^contracts\/published\/v1\/baseline is missing: run npm run contracts:publish -- --release\n$/,
      );
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });
});
