import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const zipped = promisify(gzip);

/** A packet carries as much; zipping less saves nothing. */
const WORTH_BYTES = 1_400;

/**
 * A plugin of Vite that lays a `.gz` beside each text of a page, which a server of files sends to browsers that take it.
 * @returns {import('vite').Plugin}
 */
export function precompress() {
  let folder = '';
  return {
    name: 'stepcast-precompress',
    apply: 'build',
    configResolved({ root, build }) {
      folder = join(root, build.outDir);
    },
    writeBundle: {
      sequential: true,
      async handler({ dir = folder }) {
        const names = await readdir(dir, { recursive: true });
        const texts = names.filter((name) => /\.(?:js|css|html)$/.test(name));
        await Promise.all(
          texts.map(async (name) => {
            const text = await readFile(join(dir, name));
            if (text.length < WORTH_BYTES) return;
            const bytes = await zipped(text, { level: constants.Z_BEST_COMPRESSION });
            await writeFile(join(dir, `${name}.gz`), bytes);
          }),
        );
      },
    },
  };
}
