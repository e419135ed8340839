/**
 * Makes `dist` for publishing: the command with the private packages that it is made of. What its `package.json` names as a dependency
 * stays outside.
 */
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('..', import.meta.url));
const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
const names = Object.keys(dependencies);

rmSync(`${folder}dist`, { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: `${folder}src/main.ts`, index: `${folder}src/index.ts` },
  platform: 'node',
  external: (id) => names.some((name) => id === name || id.startsWith(`${name}/`)),
  resolve: { conditionNames: ['stepcast-source', 'node', 'import', 'default'] },
  logLevel: 'warn',
});
await bundle.write({
  dir: `${folder}dist`,
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
await bundle.close();
chmodSync(`${folder}dist/main.js`, 0o755);
// The runbook and what it links to: `dead-letters explain --json` names their paths.
for (const part of ['operations', 'reference'])
  cpSync(`${folder}../../docs/${part}`, `${folder}dist/docs/${part}`, {
    recursive: true,
    filter: (source) => !source.endsWith('.webp'),
  });
