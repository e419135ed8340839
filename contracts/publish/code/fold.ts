import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { bundle } from './bundle.ts';
import * as entry from './fold-entry.ts';

const SOURCES = join(import.meta.dirname, '..', '..', 'src');
const FILES = ['fold.ts', 'fold-steps.ts', 'epochs.ts', 'statuses.ts'];
const HEADER = `/*! Stepcast: the fold of progress events into a state. Apache-2.0. Written by npm run contracts:publish. */`;

/** The shared fold as one ES module that needs nothing. */
export async function foldModule(): Promise<string> {
  return `${HEADER}\n${await bundle(join(import.meta.dirname, 'fold-entry.ts'))}`;
}

/** The types of {@link foldModule}: the declarations of the sources, over the published types. */
export function foldTypes(typeNames: readonly string[]): string {
  const published = new Set(Object.keys(entry));
  const declarations = FILES.flatMap((file) => declarationsOf(file, published));
  const text = declarations.join('\n');
  const used = typeNames.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return [
    '// Written by `npm run contracts:publish`. Do not edit.',
    `import type { ${used.join(', ')} } from './types.d.ts';`,
    text,
  ].join('\n');
}

function declarationsOf(file: string, published: ReadonlySet<string>): string[] {
  const { outputText } = ts.transpileDeclaration(readFileSync(join(SOURCES, file), 'utf8'), {
    fileName: file,
    compilerOptions: { isolatedDeclarations: true, target: ts.ScriptTarget.ES2024 },
  });
  const source = ts.createSourceFile(file, outputText, ts.ScriptTarget.Latest, true);
  return source.statements
    .filter((one) => ts.isInterfaceDeclaration(one) || namesOf(one).some((name) => published.has(name)))
    .map((one) => one.getFullText());
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? ''];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}
