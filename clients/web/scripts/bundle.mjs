/**
 * `node bundle.mjs [FOLDER]` makes `stepcast.min.js` there, by default in `dist`: the client, its uploader and everything they need, for
 * `<script type="module">`.
 */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { BROWSERS } from '../../packaging/packages.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const [out = `${folder}dist`] = process.argv.slice(2);
const bundle = await rolldown({
  input: `${folder}src/all.ts`,
  platform: 'browser',
  resolve: { conditionNames: ['stepcast-source', 'browser', 'import', 'default'] },
  transform: { target: BROWSERS },
  logLevel: 'warn',
});
await bundle.write({
  file: `${out}/stepcast.min.js`,
  format: 'es',
  minify: true,
  sourcemap: true,
  codeSplitting: false,
});
await bundle.close();
