import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod/mini';

const Bytes = z.object({ gzippedBytes: z.number() });
const Size = z.object({ gzippedBytes: z.number(), onDemand: Bytes, packages: z.array(z.string()) });
const Sizes = z.object({ timeline: Size, graph: Size, both: Size });

describe('the bundle', () => {
  it('is at most 28 KB gzipped for both, loads the layout with the first graph only, and holds no schemas', async () => {
    const script = fileURLToPath(new URL('../scripts/bundle-size.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      timeout: 300_000,
      killSignal: 'SIGKILL',
    });
    const parsed = parseJson(Sizes, stdout);
    if (!parsed.ok) throw new Error(stdout);
    const { timeline, graph, both } = parsed.value;
    expect(both.gzippedBytes).toBeLessThan(28 * 1024);
    expect(timeline.gzippedBytes).toBeLessThan(22 * 1024);
    expect(timeline.onDemand.gzippedBytes).toBe(0);
    expect(timeline.packages).not.toContain('@dagrejs/dagre');
    expect(graph.gzippedBytes).toBeLessThan(19 * 1024);
    expect(graph.onDemand.gzippedBytes).toBeLessThan(18 * 1024);
    expect(both.packages).not.toContain('zod');
  });
});
