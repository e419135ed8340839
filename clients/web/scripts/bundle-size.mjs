/**
 * Bundles this package for browsers, with everything it needs, and prints what came of it as JSON. Run it with Node from anywhere.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('../src/', import.meta.url));
const result = await build({
  configFile: false,
  logLevel: 'silent',
  root,
  resolve: { conditions: ['stepcast-source', 'browser', 'import', 'default'] },
  build: {
    write: false,
    minify: true,
    target: 'es2024',
    lib: { entry: `${root}index.ts`, formats: ['es'] },
  },
});
const chunks = [result].flat().flatMap(({ output }) => output.filter(({ type }) => type === 'chunk'));
const code = chunks.map((chunk) => chunk.code).join('\n');
const packages = chunks
  .flatMap(({ moduleIds }) => moduleIds)
  .map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1])
  .filter((name) => name !== undefined);
console.log(
  JSON.stringify({
    minifiedBytes: code.length,
    gzippedBytes: gzipSync(code, { level: 9 }).length,
    packages: [...new Set(packages)].sort(),
  }),
);
