const space = /[ \t\n\r]*/y;
/** Runs of everything but quotes, backslashes and control characters, with escapes between them. */
const string = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next. `…OrEnd`: or the bracket that closes an empty object or array. */
type Expected = 'value' | 'valueOrEnd' | 'name' | 'nameOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';

/**
 * Where a text stops being JSON: the index of the first character that cannot be there, or `undefined` when the text is
 * JSON. `JSON.parse` refuses the same texts but names the place only for some of them.
 */
export function indexOfJsonError(text: string): number | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;

  function skip(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  }
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'commaOrEnd');
  function closes(char: string): boolean {
    const wanted = open.at(-1) === '{' ? '}' : ']';
    if (open.length === 0 || char !== wanted) return false;
    open.pop();
    at += 1;
    return true;
  }

  for (;;) {
    skip(space);
    if (at >= text.length) return expected === 'nothing' ? undefined : text.length;
    const char = text.charAt(at);
    switch (expected) {
      case 'nothing':
        return at;
      case 'colon':
        if (char !== ':') return at;
        at += 1;
        expected = 'value';
        break;
      case 'commaOrEnd':
        if (char === ',') {
          at += 1;
          expected = open.at(-1) === '{' ? 'name' : 'value';
        } else if (closes(char)) expected = afterValue();
        else return at;
        break;
      case 'name':
      case 'nameOrEnd':
        if (expected === 'nameOrEnd' && closes(char)) expected = afterValue();
        else if (skip(string)) expected = 'colon';
        else return at;
        break;
      case 'value':
      case 'valueOrEnd':
        if (expected === 'valueOrEnd' && closes(char)) expected = afterValue();
        else if (char === '{' || char === '[') {
          open.push(char);
          at += 1;
          expected = char === '{' ? 'nameOrEnd' : 'valueOrEnd';
        } else if (skip(string) || skip(scalar)) expected = afterValue();
        else return at;
    }
  }
}

/** An index into a text as people count: `line 3, column 12`. */
export function lineAndColumn(text: string, index: number): string {
  const lines = text.slice(0, index).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}
