import { build, type Rolldown } from 'vite';

/** A source file of a bundle that stands nowhere but in memory. */
export interface VirtualSource {
  readonly name: string;
  readonly code: string;
}

/**
 * One ES module that imports nothing.
 * @throws TypeError when something would remain imported
 */
export async function bundle(
  entry: string,
  { source, minify = false }: { readonly source?: VirtualSource; readonly minify?: boolean } = {},
): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    resolve: { conditions: ['stepcast-source'] },
    plugins: source === undefined ? [] : [virtual(source)],
    build: {
      write: false,
      minify,
      target: 'es2022',
      lib: { entry, formats: ['es'] },
      rolldownOptions: { output: { comments: { legal: true } } },
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  const chunks = outputs.flatMap((one) => ('output' in one ? [...one.output] : [])).filter(isChunk);
  const [chunk, ...others] = chunks;
  if (chunk === undefined || others.length > 0 || chunk.imports.length > 0 || chunk.dynamicImports.length > 0)
    throw new TypeError('the bundle is not one module without imports');
  // Where a module lies is no part of what is published.
  return chunk.code.replaceAll(/^\/\/ \S+$\n/gm, '');
}

function isChunk(output: Rolldown.OutputChunk | Rolldown.OutputAsset): output is Rolldown.OutputChunk {
  return output.type === 'chunk';
}

function virtual({ name, code }: VirtualSource) {
  return {
    name: 'virtual-source',
    resolveId: (id: string) => (id.endsWith(name) ? name : null),
    load: (id: string) => (id === name ? code : null),
  };
}
