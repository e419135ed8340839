/**
 * Bundles this package for browsers without React, once alone and once together with the whole web client that it serves, and prints what
 * came of it as JSON. Run it with Node from anywhere.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('../src/', import.meta.url));
const hooks = `export * from ${JSON.stringify(`${root}index.ts`)};`;

async function sizeOf(source, external) {
  const entry = `${root}bundle-entry.ts`;
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root,
    resolve: { conditions: ['stepcast-source', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'entry-in-memory',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2024',
      lib: { entry, formats: ['es'] },
      rolldownOptions: { external },
    },
  });
  const chunks = [result].flat().flatMap(({ output }) => output.filter(({ type }) => type === 'chunk'));
  const code = chunks.map((chunk) => chunk.code).join('\n');
  return { minifiedBytes: code.length, gzippedBytes: gzipSync(code, { level: 9 }).length };
}

console.log(
  JSON.stringify({
    alone: await sizeOf(hooks, [/^react/, /^@stepcast\//]),
    withWebClient: await sizeOf(`${hooks}\nexport * from '@stepcast/web';`, [/^react/]),
  }),
);
