import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The production sources of all packages, parsed and bound, for questions about constants and types. */
export interface Sources {
  readonly checker: ts.TypeChecker;
  /** Without tests and their helpers. */
  readonly files: readonly ts.SourceFile[];
  /** Path from the root of the project, with forward slashes. */
  pathOf(node: ts.Node): string;
}

const isProduction = (path: string) =>
  !/\.i?test\.tsx?$|\.d\.ts$|(^|\/)(dist|node_modules|testing|mutation)\/|-(bench|support)\.ts$/.test(path);

export function readSources(): Sources {
  const paths = globSync('{contracts,services/*,infra/*,clients/*}/src/**/*.{ts,tsx}', { cwd: ROOT })
    .filter(isProduction)
    .sort()
    .map((path) => join(ROOT, path));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => ts.sys.readFile(path)) as {
    readonly config: { readonly compilerOptions?: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const settings: ts.CompilerOptions = {
    ...options,
    lib: ['lib.esnext.d.ts'],
    types: [],
    composite: false,
    noEmit: true,
    allowImportingTsExtensions: true,
    jsx: ts.JsxEmit.ReactJSX,
  };
  const program = ts.createProgram(paths, settings, hostOf(settings));
  const wanted = new Set(paths);
  return {
    checker: program.getTypeChecker(),
    files: program.getSourceFiles().filter(({ fileName }) => wanted.has(fileName)),
    pathOf: (node) => relative(ROOT, node.getSourceFile().fileName).replaceAll('\\', '/'),
  };
}

/** Resolves modules of the project only: what packages declare answers none of the questions, and takes long to read. */
function hostOf(settings: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(settings);
  return {
    ...host,
    resolveModuleNameLiterals: (literals, containingFile, redirected, options, sourceFile) =>
      literals.map((literal) => {
        const isOurs = literal.text.startsWith('.') || literal.text.startsWith('@stepcast/');
        if (!isOurs) return { resolvedModule: undefined };
        const mode = ts.getModeForUsageLocation(sourceFile, literal, options);
        return ts.resolveModuleName(literal.text, containingFile, options, host, undefined, redirected, mode);
      }),
  };
}

/** A node and all below it, outermost first. */
export function* descendants(node: ts.Node): Generator<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* descendants(child);
}

/** `services/correlator` of `services/correlator/src/domain/stream.ts`. */
export function packageOf(path: string): string {
  return dirname(`${path.split('/src/')[0] ?? ''}/.`);
}

/** The docstring of a declaration, as one line; undefined where there is none. */
export function docstring(node: ts.Node): string | undefined {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => commentText(comment))
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? undefined : text;
}

function commentText(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  if (comment === undefined || typeof comment === 'string') return comment ?? '';
  return comment
    .map((part) =>
      part.kind === ts.SyntaxKind.JSDocText
        ? part.text
        : `\`${'name' in part ? (part.name?.getText() ?? '') : ''}\``,
    )
    .join('');
}

/**
 * The first sentence of a docstring: to the first full stop that a space and a capital, a backtick or the end follow. Dots
 * inside of backticks and in abbreviations end nothing.
 */
export function firstSentence(text: string): string {
  const masked = text.replace(/`[^`]*`/g, (code) => 'x'.repeat(code.length));
  const end = /(?<!\be\.g|\bi\.e|\betc)[.!?](?=\s+\S|$)/.exec(masked);
  return end === null ? text : text.slice(0, end.index + 1);
}
