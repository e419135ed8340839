/**
 * Makes `dist` for publishing: the constructs with the private packages that they are made of, their types, and the services as they are
 * deployed. What `package.json` names as a dependency stays outside.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('..', import.meta.url));
const dist = join(folder, 'dist');
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const names = Object.keys({ ...dependencies, ...peerDependencies });
/** Whose types the types of the constructs name. */
const PRIVATE = {
  '@stepcast/policies': join(folder, '../policies/dist'),
  '@stepcast/wire': join(folder, '../../services/wire/dist'),
};

/** npm has standard output for itself. */
function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

const isPublicType = (path) => path.endsWith('.d.ts') && !/\.i?test\.d\.ts$|(^|\/)testing\//.test(path);

rmSync(dist, { recursive: true, force: true });
run(createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-b', '.');

// Types: ours, and those of the private packages in a folder beside them.
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !isPublicType(relative(dist, path))) rmSync(path);
}
for (const [name, from] of Object.entries(PRIVATE))
  for (const path of readdirSync(from, { recursive: true }))
    if (isPublicType(path)) cpSync(join(from, path), join(dist, 'private', name.split('/')[1], path));
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  let text = readFileSync(path, 'utf8');
  for (const name of Object.keys(PRIVATE)) {
    const index = join(dist, 'private', name.split('/')[1], 'index.js');
    const to = relative(dirname(path), index);
    text = text.replaceAll(`'${name}'`, `'${to.startsWith('.') ? to : `./${to}`}'`);
  }
  writeFileSync(path, text);
}
removeEmptyFolders(dist);

function removeEmptyFolders(at) {
  for (const entry of readdirSync(at, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(at, entry.name));
  if (readdirSync(at).length === 0) rmSync(at, { recursive: true });
}

const bundle = await rolldown({
  input: { index: join(folder, 'src/index.ts'), 'settings-entry': join(folder, 'src/settings-entry.ts') },
  platform: 'node',
  external: (id) => names.some((name) => id === name || id.startsWith(`${name}/`)),
  resolve: { conditionNames: ['stepcast-source', 'node', 'import', 'default'] },
  logLevel: 'warn',
});
await bundle.write({
  dir: dist,
  format: 'esm',
  sourcemap: true,
  entryFileNames: '[name].js',
  // All in one folder: the code reads what lies beside it.
  chunkFileNames: 'chunk-[hash].js',
});
await bundle.close();

run('--conditions=stepcast-source', join(folder, 'src/write-bundled.ts'), join(dist, 'bundled'));
