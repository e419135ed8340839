/**
 * Makes what `<script type="module">` loads: `stepcast-elements.min.js`, and beside it what the first graph loads. Leaves them in
 * `dist/bundle`, or in the folder that is named.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { BROWSERS } from '../../packaging/packages.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const bundle = await rolldown({
  input: { 'stepcast-elements.min': `${folder}src/index.ts` },
  platform: 'browser',
  resolve: { conditionNames: ['stepcast-source', 'browser', 'import', 'default'] },
  transform: { target: BROWSERS },
  logLevel: 'warn',
});
await bundle.write({
  dir: resolve(process.argv[2] ?? `${folder}dist/bundle`),
  format: 'es',
  minify: true,
  sourcemap: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].min.js',
});
await bundle.close();
