/** Why a text is no path. The caller says which path of which field. */
export class PathSyntaxError extends Error {
  constructor(problem: string, at: number) {
    super(`${problem} at character ${at + 1}`);
    this.name = 'PathSyntaxError';
  }
}

const spaces = /\s*/y;

/** A place in a text that moves forward. Patterns are sticky. */
export class Cursor {
  readonly text: string;
  at: number;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Moves past `literal` if it is next. */
  take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** Moves past what a sticky pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }

  skipSpace(): void {
    this.match(spaces);
  }

  /** @throws PathSyntaxError */
  expect(literal: string): void {
    this.skipSpace();
    if (!this.take(literal)) throw this.problem(`expected ${literal}`);
  }

  problem(text: string): PathSyntaxError {
    return new PathSyntaxError(text, this.at);
  }
}

const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/sy;

/** A quoted text without its quotes; undefined if none is next. */
export function takeQuoted(cursor: Cursor): string | undefined {
  const found = cursor.match(quoted);
  return found === undefined ? undefined : unescaped(found[1], found[2]);
}

/**
 * What a text between quotes stands for. A backslash is taken away before the quote that encloses the text and before another
 * backslash; before anything else it is part of the name (recorded from AWS).
 */
export function unescaped(single: string | undefined, double: string | undefined): string {
  return single === undefined
    ? (double ?? '').replaceAll(/\\(["\\])/g, '$1')
    : single.replaceAll(/\\(['\\])/g, '$1');
}
