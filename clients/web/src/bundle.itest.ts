import { parseJson } from '@stepcast/contracts';
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod/mini';

const Size = z.object({ gzippedBytes: z.number(), packages: z.array(z.string()) });

describe('the bundle', () => {
  it('is at most 60 KB gzipped with MQTT, schemas and Cognito, and holds no AWS SDK or MQTT.js', async () => {
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
    expect(size.ok ? size.value.gzippedBytes : Infinity).toBeLessThan(60 * 1024);
  });
});
