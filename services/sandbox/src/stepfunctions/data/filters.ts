/** The expressions of the filters in a path: `@.a>1` of `$.list[?(@.a>1)]`. */
export function filtersIn(path: string): readonly string[] {
  const expressions: string[] = [];
  for (let at = path.indexOf('[?('); at >= 0; at = path.indexOf('[?(', at)) {
    const end = path.indexOf(')]', at + 3);
    if (end < 0) break;
    expressions.push(path.slice(at + 3, end));
    at = end + 2;
  }
  return expressions;
}

const quote = /['"]/g;

/** Where the quote at `open` is closed; -1 when it is not. A backslash takes the next character along. */
function closing(text: string, open: number): number {
  const mark = text.charAt(open);
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === mark) return at;
  }
  return -1;
}

/** Replaces every quoted text. A quote that nothing closes stays, with all that follows it. */
export function replaceQuoted(text: string, replacement: string): string {
  let replaced = '';
  let at = 0;
  for (;;) {
    quote.lastIndex = at;
    const open = quote.exec(text)?.index;
    const end = open === undefined ? -1 : closing(text, open);
    if (open === undefined || end < 0) return replaced + text.slice(at);
    replaced += text.slice(at, open) + replacement;
    at = end + 1;
  }
}
