import { describe, expect, it } from 'vitest';
import { runCommand } from './testing/child-process.ts';

const MODULE = new URL('heap-growth.ts', import.meta.url).href;

describe('the growth of the heap', () => {
  it('is set by a flag that this version of V8 knows, while the process runs', async () => {
    const script = `
      const { letHeapGrow } = await import(${JSON.stringify(MODULE)});
      const used = Array.from({ length: 1_000 }, (_, index) => ({ index }));
      letHeapGrow();
      globalThis.gc();
      console.log(used.length);`;
    const { stdout, stderr } = await runCommand(
      process.execPath,
      ['--expose-gc', '--input-type=module', '--eval', script],
      { timeoutMs: 30_000 },
    );
    expect(stdout.trim()).toBe('1000');
    // V8 only complains of a flag that it does not know.
    expect(stderr).toBe('');
  });
});
