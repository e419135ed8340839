import { parseJson } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod/mini';

const Bytes = z.object({ gzippedBytes: z.number() });
const Size = z.object({ gzippedBytes: z.number(), onDemand: Bytes, packages: z.array(z.string()) });

describe('the bundle', () => {
  it('is at most 40 KB gzipped with MQTT, schemas and Cognito, holds no AWS SDK or MQTT.js, and loads the uploader on demand', async () => {
    const script = fileURLToPath(new URL('../scripts/bundle-size.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });
    const size = parseJson(Size, stdout);
    expect(size).toMatchObject({
      ok: true,
      value: { packages: ['@noble/hashes', '@scure/base', 'zod'] },
    });
    const { gzippedBytes, onDemand } = size.ok ? size.value : { gzippedBytes: Infinity, onDemand: undefined };
    expect(gzippedBytes).toBeLessThan(40 * 1024);
    expect(onDemand?.gzippedBytes).toBeGreaterThan(3 * 1024);
    expect(onDemand?.gzippedBytes).toBeLessThan(8 * 1024);
  });
});
