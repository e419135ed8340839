import { MalformedStatementError, UnsupportedStatementError } from './errors.ts';

/** A piece of a PartiQL statement. `word` is a keyword or a bare identifier, `name` a quoted identifier. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'symbol';
  /** Without quotes; a doubled quote inside stands for one. */
  readonly value: string;
}

const SYMBOLS = '{}:,?';
/** What PartiQL has besides: literals, lists, paths, comments. A statement with them may be fine for DynamoDB. */
const OTHER_SYMBOLS = '[]().*+-/<>=|;0123456789';
const SPACE = ' \t\r\n\f\v';

function isWordStart(character: string): boolean {
  return (
    (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character === '_'
  );
}

function isWordPart(character: string): boolean {
  return isWordStart(character) || (character >= '0' && character <= '9') || character === '$';
}

/** @returns the text between two quotes, and where it goes on behind them */
function quoted(statement: string, start: number): { readonly value: string; readonly end: number } {
  const quote = statement.charAt(start);
  const pieces: string[] = [];
  for (let at = start + 1; ;) {
    const next = statement.indexOf(quote, at);
    if (next < 0) throw new MalformedStatementError('');
    pieces.push(statement.slice(at, next));
    if (statement.charAt(next + 1) !== quote) return { value: pieces.join(quote), end: next + 1 };
    at = next + 2;
  }
}

/**
 * Cuts a statement into tokens, reading each character once.
 * @throws MalformedStatementError for a quote that does not end or a character that PartiQL does not have
 * @throws UnsupportedStatementError for what DynamoDB reads and the sandbox does not: comments, numbers, lists, operators
 */
export function tokensOf(statement: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < statement.length;) {
    const character = statement.charAt(at);
    if (SPACE.includes(character)) {
      at += 1;
    } else if (character === '"' || character === "'") {
      const { value, end } = quoted(statement, at);
      tokens.push({ kind: character === '"' ? 'name' : 'text', value });
      at = end;
    } else if (SYMBOLS.includes(character)) {
      tokens.push({ kind: 'symbol', value: character });
      at += 1;
    } else if (isWordStart(character)) {
      const start = at;
      while (at < statement.length && isWordPart(statement.charAt(at))) at += 1;
      tokens.push({ kind: 'word', value: statement.slice(start, at) });
    } else if (OTHER_SYMBOLS.includes(character)) {
      throw new UnsupportedStatementError(`"${character}"`);
    } else {
      throw new MalformedStatementError('');
    }
  }
  return tokens;
}
