import { createContext, Script } from 'node:vm';

/** Longest time that one match of a regular expression may take. */
const maxMatchMs = 250;

/** Thrown when a regular expression of a definition does not come to an end. */
export class RegexTooSlowError extends Error {
  constructor(options?: ErrorOptions) {
    super(`a regular expression ran longer than ${maxMatchMs} ms`, options);
    this.name = 'RegexTooSlowError';
  }
}

interface Match {
  regex: RegExp;
  text: string;
  result: RegExpExecArray | null;
}

const match: Match = { regex: /(?:)/, text: '', result: null };
const script = new Script('result = RegExp.prototype.exec.call(regex, text)');
let context: Match | undefined;

/**
 * A regular expression of a definition. Those of JSONata backtrack; a match that takes too long is stopped, which only a
 * script with a time limit can do.
 */
class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    context ??= Object.assign(createContext(match), match);
    context.regex = this;
    context.text = text;
    try {
      script.runInContext(context, { timeout: maxMatchMs });
    } catch (error) {
      throw new RegexTooSlowError({ cause: error });
    }
    return context.result;
  }
}

/** The constructor of expressions' regular expressions, in place of `RegExp`. */
export const boundedRegExps: RegExpConstructor = new Proxy(RegExp, {
  construct: (_target, [pattern, flags]: unknown[]): RegExp => {
    const source = pattern instanceof RegExp ? pattern.source : String(pattern);
    const own = pattern instanceof RegExp ? pattern.flags : '';
    return new BoundedRegExp(source, typeof flags === 'string' ? flags : own);
  },
});
