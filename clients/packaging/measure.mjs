import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { BROWSERS } from './packages.mjs';

/**
 * Bundles a module for browsers, minified as an app is, with everything that it needs.
 * @param source text of the entry
 * @param root folder that its imports are relative to
 * @param external what the page has anyway
 * @returns sizes of what a page loads at first, and of what it loads on demand; the packages in them
 */
export async function measure(source, root, external = []) {
  const entry = `${root}measured-entry.ts`;
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    external,
    resolve: { conditionNames: ['stepcast-source', 'browser', 'import', 'default'] },
    transform: { target: BROWSERS },
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry-in-memory',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  const chunks = output.filter(({ type }) => type === 'chunk');
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set();
  const visit = (chunk) => {
    if (chunk === undefined || first.has(chunk)) return;
    first.add(chunk);
    for (const name of chunk.imports) visit(byName.get(name));
  };
  for (const chunk of chunks) if (chunk.isEntry) visit(chunk);
  const packages = chunks
    .flatMap(({ moduleIds }) => moduleIds)
    .map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1])
    .filter((name) => name !== undefined);
  return {
    ...sizeOf([...first]),
    onDemand: sizeOf(chunks.filter((chunk) => !first.has(chunk))),
    packages: [...new Set(packages)].sort(),
  };
}

/** Each chunk is a response of its own, compressed by itself. */
function sizeOf(chunks) {
  const sum = (bytesOf) => chunks.reduce((total, { code }) => total + bytesOf(code), 0);
  return {
    minifiedBytes: sum((code) => Buffer.byteLength(code)),
    gzippedBytes: sum((code) => gzipSync(code, { level: 9 }).length),
  };
}
