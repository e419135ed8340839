/** A file that a recipe shows. */
export interface RecipeFile {
  readonly path: string;
  readonly content: string;
}

const BLOCK = /^```(\w+)\n(?:\/\/ (\S+\.\w+)|<!-- (\S+\.\w+) -->)\n([\s\S]*?)^```$/gm;
const INSTALL = /^npm install (.+)$/gm;

/** The files of a recipe: each block of code whose first line is the name of a file. */
export function recipeFiles(markdown: string): readonly RecipeFile[] {
  return [...markdown.matchAll(BLOCK)].map(([, , script, page, content = '']) => ({
    path: script ?? page ?? '',
    content,
  }));
}

/** The packages that a recipe has installed. */
export function recipePackages(markdown: string): readonly string[] {
  return [...markdown.matchAll(INSTALL)].flatMap(([, names = '']) => names.split(' '));
}
