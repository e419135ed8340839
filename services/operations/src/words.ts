/** "3 records", "1 record". */
export function count(number: number, what: string, plural = `${what}s`): string {
  return `${number} ${number === 1 ? what : plural}`;
}

/** A text in at most so many characters; "…" at its end says that there was more. */
export function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // Half of a pair of surrogates is no character.
  const head = text.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${head.trimEnd()}…`;
}
