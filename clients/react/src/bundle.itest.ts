import { parseJson } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod/mini';

const Size = z.object({ gzippedBytes: z.number() });
const Sizes = z.object({ alone: Size, withWebClient: Size });

describe('the bundle', () => {
  it('adds at most 5 KB to a page, and with the web client stays below 45 KB', async () => {
    const script = fileURLToPath(new URL('../scripts/bundle-size.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });
    const sizes = parseJson(Sizes, stdout);
    expect(sizes.ok ? sizes.value.alone.gzippedBytes : Infinity).toBeLessThan(5 * 1024);
    expect(sizes.ok ? sizes.value.withWebClient.gzippedBytes : Infinity).toBeLessThan(45 * 1024);
  });
});
