import { findConditionKey } from './condition-keys.ts';

/**
 * The text of one policy value, taken apart: plain text, the wildcards `*` and `?`, and variables.
 *
 * `${*}`, `${?}` and `${$}` are the characters themselves. A variable may name a default: `${aws:PrincipalTag/team, 'none'}`.
 * The value that takes a variable's place is text, whatever characters it holds: a wildcard inside it stays a character.
 * Source: IAM user guide "IAM policy elements: Variables and tags".
 */
export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'variable'; readonly key: string; readonly fallback: string | undefined };

export interface TemplateOptions {
  /** Whether `${…}` is a variable: only in documents of version 2012-10-17, and not for every operator. */
  readonly variables: boolean;
  /** Whether `*` and `?` are wildcards; if not, they are characters. */
  readonly wildcards: boolean;
}

const variableForm = /^([^,\s']+)(?:, '([^']*)')?$/;

/**
 * @param fail makes the error for a problem; whatever it returns is thrown
 */
export function parseTemplate(
  source: string,
  options: TemplateOptions,
  fail: (problem: string) => Error,
): readonly Token[] {
  const tokens: Token[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') tokens.push({ kind: 'text', text });
    text = '';
  };
  let at = 0;
  while (at < source.length) {
    if (options.variables && source.startsWith('${', at)) {
      const end = source.indexOf('}', at);
      if (end === -1) throw fail(`"\${" is not closed in ${JSON.stringify(source)}`);
      const inside = source.slice(at + 2, end);
      at = end + 1;
      if (inside === '*' || inside === '?' || inside === '$') {
        text += inside;
        continue;
      }
      flush();
      tokens.push(parseVariable(inside, fail));
      continue;
    }
    const character = source.charAt(at);
    at += 1;
    if (options.wildcards && (character === '*' || character === '?')) {
      flush();
      // A run of stars matches what one star does.
      if (character === '?') tokens.push({ kind: 'one' });
      else if (tokens.at(-1)?.kind !== 'any') tokens.push({ kind: 'any' });
    } else {
      text += character;
    }
  }
  flush();
  return tokens;
}

function parseVariable(inside: string, fail: (problem: string) => Error): Token {
  const [, name, fallback] = variableForm.exec(inside) ?? [];
  const key = name === undefined ? undefined : findConditionKey(name);
  if (key === undefined) throw fail(`the policy variable "\${${inside}}" is not known`);
  if (key.multiValued)
    throw fail(`"${key.name}" can have several values and so cannot be used as a policy variable`);
  return { kind: 'variable', key: key.name, fallback };
}

/** Looks a variable up; `undefined` when it has no value. */
export type VariableLookup = (key: string) => string | undefined;

/** A template with every variable replaced by text, or the key of the first one that has no value. */
export type Resolved =
  | { readonly ok: true; readonly tokens: readonly Exclude<Token, { kind: 'variable' }>[] }
  | { readonly ok: false; readonly missing: string };

export function resolveTemplate(tokens: readonly Token[], lookup: VariableLookup): Resolved {
  const resolved: Exclude<Token, { kind: 'variable' }>[] = [];
  for (const token of tokens) {
    if (token.kind !== 'variable') {
      resolved.push(token);
      continue;
    }
    const value = lookup(token.key) ?? token.fallback;
    if (value === undefined) return { ok: false, missing: token.key };
    resolved.push({ kind: 'text', text: value });
  }
  return { ok: true, tokens: resolved };
}

/** What a template asks for, for people: variables replaced, those without a value left as they stand. */
export function describeTemplate(tokens: readonly Token[], lookup: VariableLookup): string {
  return tokens
    .map((token) => {
      switch (token.kind) {
        case 'text':
          return token.text;
        case 'any':
          return '*';
        case 'one':
          return '?';
        case 'variable':
          return lookup(token.key) ?? token.fallback ?? `\${${token.key}}`;
      }
    })
    .join('');
}
