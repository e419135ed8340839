import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import { runCommand } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { startChild } from '../child.ts';
import { buildPage } from '../../support/built-page.ts';
import { type Bench } from '../bench.ts';
import { MEASURED } from '../cores.ts';

const here = import.meta.dirname;
const Merged = z.object({
  messages: z.number(),
  events: z.number(),
  wanted: z.number(),
  parseSeconds: z.number(),
  mergeSeconds: z.number(),
});
const Bundle = z.object({ minifiedBytes: z.number(), gzippedBytes: z.number() });

/** (g): the client's merging, and how large it is. */
export async function client(bench: Bench): Promise<void> {
  bench.say('(g) the client');
  const child = bench.own(await startChild(join(here, '../client-worker.ts'), { core: MEASURED }));
  const merges: z.infer<typeof Merged>[] = [];
  const merge = async () => {
    const one = await child.ask(Merged, { messages: 10_000 });
    if (one.events !== one.wanted)
      throw new Error(`the client handed over ${one.events} events of ${one.wanted}`);
    return one;
  };
  await merge();
  await bench.rounds('client', async () => {
    merges.push(await merge());
  });
  await child.stop();
  bench.add(
    'g',
    'messages merged, against JSON.parse alone',
    'messages/s',
    merges.map((one) => one.messages / one.mergeSeconds),
    { against: merges.map((one) => one.messages / one.parseSeconds) },
  );
  const script = join(here, '../../../clients/web/scripts/bundle-size.mjs');
  const { stdout } = await runCommand(process.execPath, [script], { timeoutMs: 300_000 });
  const bundle = parseJson(Bundle, stdout);
  if (!bundle.ok) throw new Error(`the bundle script said something else: ${stdout}`);
  const { gzippedBytes, minifiedBytes } = bundle.value;
  bench.add('g', 'client, gzipped, with all it needs', 'KB', [gzippedBytes / 1_024], {
    against: [minifiedBytes / 1_024],
    goal: { text: '<= 60 KB', reached: (_ratio, value) => value <= 60 },
  });
  const page = await buildPage();
  let minified = 0;
  let gzipped = 0;
  let first = 0;
  const html = await readFile(join(page.directory, 'index.html'), 'utf8');
  for (const entry of await readdir(page.directory, { recursive: true })) {
    if (!entry.endsWith('.js')) continue;
    const code = await readFile(join(page.directory, entry));
    const size = gzipSync(code, { level: 9 }).length;
    minified += code.length;
    gzipped += size;
    if (html.includes(entry.split(/[\\/]/).at(-1) ?? entry)) first += size;
  }
  await page.remove();
  bench.add('g', 'whole demo page, JavaScript gzipped, with the AWS SDK for S3', 'KB', [gzipped / 1_024], {
    against: [minified / 1_024],
  });
  bench.add('g', 'of it loaded at first', 'KB', [first / 1_024], { against: [gzipped / 1_024] });
}
