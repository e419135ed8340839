import { MalformedStatementError, UnsupportedStatementError } from './errors.ts';
import { type Token, tokensOf } from './tokens.ts';

/** `INSERT INTO "table" VALUE {'name': ?, …}` */
export interface InsertStatement {
  readonly table: string;
  /** Attribute names in the order of their parameters; never empty, never one twice. */
  readonly attributes: readonly string[];
}

/** Statements that DynamoDB runs and the sandbox does not. */
const OTHER_STATEMENTS = new Set(['SELECT', 'UPDATE', 'DELETE', 'EXISTS', 'REPLACE', 'UPSERT']);

class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  take(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  takeSymbol(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'symbol' || !wanted.includes(token.value)) return undefined;
    this.#at += 1;
    return token.value;
  }

  expectWord(word: string, otherwise: string): void {
    const token = this.take();
    if (token?.kind !== 'word' || token.value.toUpperCase() !== word)
      throw new MalformedStatementError(otherwise);
  }

  expectSymbol(symbol: string, otherwise: string): void {
    if (this.takeSymbol(symbol) === undefined) throw new MalformedStatementError(otherwise);
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length)
      throw new MalformedStatementError('Unexpected token after expression');
  }
}

function readVerb(reader: TokenReader): void {
  const verb = reader.take();
  const word = verb?.kind === 'word' ? verb.value.toUpperCase() : '';
  if (OTHER_STATEMENTS.has(word)) throw new UnsupportedStatementError(word);
  if (word !== 'INSERT') throw new MalformedStatementError('Expected data manipulation');
}

function readTable(reader: TokenReader): string {
  const table = reader.take();
  if (table?.kind !== 'name' && table?.kind !== 'word')
    throw new MalformedStatementError('Expected identifier for simple path');
  return table.value;
}

function readAttribute(reader: TokenReader): string {
  const name = reader.take();
  if (name?.kind !== 'text') throw new MalformedStatementError('Unexpected term');
  reader.expectSymbol(':', 'Expected COLON');
  if (reader.takeSymbol('?') !== undefined) return name.value;
  const value = reader.take();
  if (value === undefined || (value.kind === 'symbol' && value.value !== '{'))
    throw new MalformedStatementError('Unexpected term');
  throw new UnsupportedStatementError('a value that is not a parameter ("?")');
}

function readAttributes(reader: TokenReader): string[] {
  reader.expectSymbol('{', 'Unexpected term');
  const names = new Set<string>();
  let separator: string | undefined;
  do {
    const name = readAttribute(reader);
    if (names.has(name)) throw new UnsupportedStatementError(`the attribute ${JSON.stringify(name)} twice`);
    names.add(name);
    separator = reader.takeSymbol(',', '}');
    if (separator === undefined) throw new MalformedStatementError('Expected COMMA');
  } while (separator === ',');
  return [...names];
}

/**
 * Reads an INSERT whose values are all parameters, in time linear in its length.
 * @throws MalformedStatementError for a statement that DynamoDB refuses to read
 * @throws UnsupportedStatementError for every other statement; the message names what was not understood
 */
export function parseInsert(statement: string): InsertStatement {
  const reader = new TokenReader(tokensOf(statement));
  readVerb(reader);
  reader.expectWord('INTO', 'Expected INTO');
  const table = readTable(reader);
  // DynamoDB calls an alias here a leftover token.
  reader.expectWord('VALUE', 'Unexpected token after expression');
  const attributes = readAttributes(reader);
  reader.expectEnd();
  return { table, attributes };
}
