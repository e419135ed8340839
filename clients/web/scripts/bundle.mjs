/** Makes `dist/stepcast.min.js`: the client, its uploader and everything they need, for `<script type="module">`. */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { BROWSERS } from '../../packaging/packages.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const bundle = await rolldown({
  input: `${folder}src/all.ts`,
  platform: 'browser',
  resolve: { conditionNames: ['stepcast-source', 'browser', 'import', 'default'] },
  transform: { target: BROWSERS },
  logLevel: 'warn',
});
await bundle.write({
  file: `${folder}dist/stepcast.min.js`,
  format: 'es',
  minify: true,
  sourcemap: true,
  codeSplitting: false,
});
await bundle.close();
