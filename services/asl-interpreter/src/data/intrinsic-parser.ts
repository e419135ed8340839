/** `States.Format('{} of {}', $.done, States.ArrayLength($.all))` as a tree. */
export interface IntrinsicCall {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly IntrinsicArgument[];
  /** The text it was written as, for error messages. */
  readonly source: string;
}
export type IntrinsicArgument =
  | IntrinsicCall
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  /** `template` keeps the escapes, so that `\{` can be distinguished from a placeholder. */
  | { readonly kind: 'string'; readonly value: string; readonly template: string };

export class IntrinsicSyntaxError extends Error {
  constructor(source: string, at: number, problem: string) {
    super(`${problem} at character ${at + 1} of ${source}`);
    this.name = 'IntrinsicSyntaxError';
  }
}

const maxNesting = 10;
const whitespace = /\s*/y;
const callStart = /(States\.\w+)\s*\(/y;
const numeral = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,)])/y;
const word = /(true|false|null)(?=\s*[,)])/y;
const stringText = /'((?:[^'\\]|\\['{}\\A-Za-z])*)'/y;
const controls: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** What stands behind a backslash: `\n` is a line break, `\'` a quote. */
export function escapedBy(char: string): string {
  return (Object.hasOwn(controls, char) ? controls[char] : undefined) ?? char;
}

function unescaped(template: string): string {
  return template.replaceAll(/\\(.)/gs, (_match, char: string) => escapedBy(char));
}

export function looksLikeIntrinsic(text: string): boolean {
  return /^\s*States\.\w+\s*\(/.test(text);
}

/** Parses one call. Throws {@link IntrinsicSyntaxError}. */
export function parseIntrinsic(source: string): IntrinsicCall {
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };
  const skip = (): void => void match(whitespace);

  function parsePath(): IntrinsicArgument {
    const start = at;
    let depth = 0;
    let quote: string | undefined;
    for (; at < source.length; at += 1) {
      const char = source[at];
      if (quote !== undefined) {
        if (char === '\\') at += 1;
        else if (char === quote) quote = undefined;
      } else if (depth > 0 && (char === "'" || char === '"')) quote = char;
      else if (char === '[' || char === '(') depth += 1;
      else if (depth > 0 && (char === ']' || char === ')')) depth -= 1;
      else if (depth === 0 && (char === ',' || char === ')')) break;
    }
    return { kind: 'path', path: source.slice(start, at).trim() };
  }

  function parseArgument(nesting: number): IntrinsicArgument {
    if (source[at] === '$') return parsePath();
    const text = match(stringText);
    if (text !== undefined) {
      const template = text[1] ?? '';
      return { kind: 'string', value: unescaped(template), template };
    }
    const number = match(numeral);
    if (number !== undefined) return { kind: 'number', value: Number(number[0]) };
    const constant = match(word);
    if (constant !== undefined)
      return constant[1] === 'null' ? { kind: 'null' } : { kind: 'boolean', value: constant[1] === 'true' };
    return parseCall(nesting + 1);
  }

  function parseCall(nesting: number): IntrinsicCall {
    const start = at;
    if (nesting > maxNesting)
      throw new IntrinsicSyntaxError(source, at, `more than ${maxNesting} nested calls`);
    const head = match(callStart);
    if (head === undefined) throw new IntrinsicSyntaxError(source, at, 'not an argument');
    const args: IntrinsicArgument[] = [];
    skip();
    if (source[at] !== ')')
      for (;;) {
        skip();
        args.push(parseArgument(nesting));
        skip();
        if (source[at] !== ',') break;
        at += 1;
      }
    if (source[at] !== ')') throw new IntrinsicSyntaxError(source, at, 'expected , or )');
    at += 1;
    return { kind: 'call', name: head[1] ?? '', args, source: source.slice(start, at) };
  }

  skip();
  const result = parseCall(1);
  skip();
  if (at !== source.length) throw new IntrinsicSyntaxError(source, at, 'unexpected text');
  return result;
}
