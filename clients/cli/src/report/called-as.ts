/**
 * Puts the words with which the command was called into what is printed for people: `stepcast doctor` is nothing that one can type in a clone
 * of the repository. What programs read (JSON, a module of TypeScript) stays as it is.
 * @param words for example `npm run --silent stepcast --`
 * @param commands names of the commands, by which they are known from a stack, a profile or a product of that name
 */
export function asCalled(text: string, words: string, commands: readonly string[]): string {
  if (/^\s*(?:[{[]|\/\/)/.test(text)) return text;
  return text.replaceAll(/(?<![\w/@-])stepcast (?=([\w-]+))/g, (found, name: string) =>
    commands.includes(name) ? `${words} ` : found,
  );
}
