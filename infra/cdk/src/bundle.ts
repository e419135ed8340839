import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * `node bundle.js OUTPUT NAME=ENTRY…`: bundles entries with everything they import into `OUTPUT/NAME.mjs`. A process of its own, because
 * CDK wants its assets at once and rolldown takes its time. `--image`: for a container, with the library in C that AWS IoT's device SDK
 * loads, for both processors.
 */
const options = process.argv.slice(2);
const forImage = options.includes('--image');
const [output, ...entries] = options.filter((option) => option !== '--image');
const input = Object.fromEntries(
  entries.map((entry) => {
    const [name, path] = entry.split('=');
    if (name === undefined || path === undefined) throw new TypeError(`"${entry}" is no NAME=ENTRY`);
    return [name, path];
  }),
);
if (output === undefined || entries.length === 0)
  throw new TypeError('usage: node bundle.js [--image] OUTPUT NAME=ENTRY…');

// The library is searched for in ../../dist/bin, seen from the file that loads it.
const folder = forImage ? join(output, 'dist', 'js') : output;
const bundle = await rolldown({
  input,
  platform: 'node',
  resolve: { conditionNames: ['stepcast-source', 'node', 'import', 'default'] },
  // What is odd inside dependencies is theirs; what cannot be resolved is an error anyway.
  logLevel: 'silent',
});
await bundle.write({
  dir: folder,
  format: 'esm',
  entryFileNames: '[name].mjs',
  // Logs name classes of errors.
  keepNames: true,
  ...(forImage
    ? { chunkFileNames: '[name]-[hash].mjs', intro: 'const __dirname = import.meta.dirname;' }
    : { codeSplitting: false, minify: true }),
});
await bundle.close();

if (forImage) {
  const publisher = createRequire(input['publisher'] ?? import.meta.url);
  const sdk = createRequire(publisher.resolve('aws-iot-device-sdk-v2'));
  const binaries = join(dirname(sdk.resolve('aws-crt')), 'bin');
  for (const platform of ['linux-arm64-glibc', 'linux-x64-glibc']) {
    const to = join(output, 'dist', 'bin', platform);
    await mkdir(to, { recursive: true });
    await copyFile(join(binaries, platform, 'aws-crt-nodejs.node'), join(to, 'aws-crt-nodejs.node'));
  }
}
