import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import parser from '@asyncapi/parser';

const PUBLISHED = join(import.meta.dirname, '../../contracts/published');
const VERSION = 'v1';

/**
 * Modules by the name under which they are imported. The document is parsed at build time because the parser compiles code, which
 * the policy of the page forbids; of the parser, AsyncAPI's renderer gets only what reads a parsed document.
 */
const MODULES = {
  'virtual:contract': contractModule,
  '@asyncapi/parser': () =>
    [
      "export * from '@asyncapi/parser/esm/document.js';",
      "export { unstringify } from '@asyncapi/parser/esm/stringify.js';",
      "export { Schema as SchemaV2 } from '@asyncapi/parser/esm/models/v2/schema.js';",
    ].join('\n'),
  '@asyncapi/parser/cjs/document': () => "export * from '@asyncapi/parser/esm/document.js';",
  '@stoplight/spectral-core': () => 'export class Document {}',
  '@asyncapi/specs': () => 'export default { schemas: {} };',
  './parser': () => 'export {};',
};

/** @param importer of `./parser`, which is a name for other modules too */
function isReplaced(id, importer) {
  const own = id !== './parser' || importer?.includes('/@asyncapi/react-component/') === true;
  return own && Object.hasOwn(MODULES, id);
}

/**
 * The published contract as part of the page: its files as they are below `contracts/v1/`, and the parsed document as the module
 * `virtual:contract`.
 * @returns {import('vite').Plugin}
 */
export function contractPlugin() {
  return {
    name: 'stepcast-contract',
    enforce: 'pre',
    resolveId: (id, importer) => (isReplaced(id, importer) ? `\0${id}` : null),
    load: (id) => (id.startsWith('\0') ? (MODULES[id.slice(1)]?.() ?? null) : null),
    generateBundle() {
      const folder = join(PUBLISHED, VERSION);
      for (const name of publishedFiles(folder))
        this.emitFile({
          type: 'asset',
          fileName: `contracts/${VERSION}/${name}`,
          source: readFileSync(join(folder, name)),
        });
    },
  };
}

/** Everything but the released version that changes are compared with. */
function publishedFiles(folder) {
  // No glob of Node's own: the pages are built by Node 20 too, where no install script may bring the pinned one.
  return readdirSync(folder, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.(?:json|js|ts)$/.test(name) && !name.startsWith('baseline/'));
}

async function contractModule() {
  const text = readFileSync(join(PUBLISHED, VERSION, 'asyncapi.json'), 'utf8');
  const { document, diagnostics } = await new parser.Parser().parse(text);
  if (document === undefined) throw new TypeError(diagnostics.map(({ message }) => message).join('\n'));
  const files = publishedFiles(join(PUBLISHED, VERSION)).toSorted();
  return [
    `export const parsed = ${JSON.stringify(parser.stringify(document))};`,
    `export const files = ${JSON.stringify(files.map((name) => `${VERSION}/${name}`))};`,
  ].join('\n');
}
