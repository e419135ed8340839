import { compileGlob, type Glob } from './glob.ts';
import {
  describeTemplate,
  parseTemplate,
  resolveTemplate,
  type TemplateOptions,
  type Token,
  type VariableLookup,
} from './template.ts';

/** One value of a policy, ready to be compared with values of requests. */
export interface ValuePattern {
  /** As the document spells it. */
  readonly source: string;
  /** Whether a value of a request matches. A variable without a value matches nothing. */
  matches(value: string, lookup: VariableLookup): boolean;
  /** What is asked for once the variables are replaced. */
  describe(lookup: VariableLookup): string;
  /** The first variable that has no value, if there is one. */
  missingVariable(lookup: VariableLookup): string | undefined;
}

type Fail = (problem: string) => Error;

function patternOf(
  source: string,
  tokens: readonly Token[],
  compile: (tokens: readonly Exclude<Token, { kind: 'variable' }>[]) => Glob,
): ValuePattern {
  const fixed = resolveTemplate(tokens, () => undefined);
  const once = fixed.ok ? compile(fixed.tokens) : undefined;
  return {
    source,
    matches(value, lookup) {
      if (once !== undefined) return once.matches(value);
      const resolved = resolveTemplate(tokens, lookup);
      return resolved.ok && compile(resolved.tokens).matches(value);
    },
    describe: (lookup) => describeTemplate(tokens, lookup),
    missingVariable(lookup) {
      const resolved = resolveTemplate(tokens, lookup);
      return resolved.ok ? undefined : resolved.missing;
    },
  };
}

/** A string value: with wildcards (`StringLike`) or exact (`StringEquals`). */
export function stringPattern(source: string, options: TemplateOptions, fail: Fail): ValuePattern {
  return patternOf(source, parseTemplate(source, options, fail), (tokens) =>
    compileGlob(tokens, { arn: false }),
  );
}

/** An exact string value that does not regard case. */
export function caselessPattern(source: string, options: TemplateOptions, fail: Fail): ValuePattern {
  const tokens = parseTemplate(source, { ...options, wildcards: false }, fail);
  return patternOf(source, tokens, (resolved) => {
    const wanted = describeTemplate(resolved, () => undefined).toLowerCase();
    return { matches: (value) => value.toLowerCase() === wanted };
  });
}

/** An action such as `s3:Get*`; actions do not regard case and take no variables. */
export function actionPattern(source: string, fail: Fail): ValuePattern {
  if (!/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(source))
    throw fail(`"${source}" is not an action such as "s3:GetObject", "s3:Get*" or "*"`);
  const inner = stringPattern(source.toLowerCase(), { variables: false, wildcards: true }, fail);
  return {
    ...inner,
    source,
    matches: (value, lookup) => inner.matches(value.toLowerCase(), lookup),
    describe: () => source,
  };
}

/** Text before the first variable, and how many colons stand in it. */
function headColons(tokens: readonly Token[]): {
  colons: number;
  variableAtColon: number | undefined;
  head: string;
} {
  let colons = 0;
  let head = '';
  let variableAtColon: number | undefined;
  for (const token of tokens) {
    if (token.kind === 'text') {
      head += token.text;
      colons += token.text.split(':').length - 1;
    } else if (token.kind === 'variable') {
      variableAtColon ??= colons;
    } else {
      head += token.kind === 'any' ? '*' : '?';
    }
  }
  return { colons, variableAtColon, head };
}

/** A value of `Resource` or `NotResource`: `*`, or an ARN whose wildcards follow the rule of {@link compileGlob}. */
export function resourcePattern(source: string, options: TemplateOptions, fail: Fail): ValuePattern {
  const tokens = parseTemplate(source, options, fail);
  if (source !== '*') {
    const { colons, variableAtColon, head } = headColons(tokens);
    if (!head.startsWith('arn:'))
      throw fail(
        `${JSON.stringify(source)} is not an ARN; in CloudFormation "!Ref" of a bucket is its name, "!GetAtt Bucket.Arn" its ARN`,
      );
    if (/[*?]/.test(head.split(':')[2] ?? '') && !/^arn:[^:]*:\*$/.test(source))
      throw fail(`${JSON.stringify(source)} has a wildcard in place of the service`);
    if (colons < 5 && tokens.at(-1)?.kind !== 'any')
      throw fail(`${JSON.stringify(source)} has fewer than the six parts of an ARN`);
    if (variableAtColon !== undefined && variableAtColon < 5)
      throw fail(`${JSON.stringify(source)} has a variable before the fifth colon, where AWS takes none`);
  }
  return patternOf(source, tokens, (resolved) => compileGlob(resolved, { arn: true }));
}

/** Splits an ARN at its first five colons; `undefined` when it has fewer. */
function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/**
 * A value of `ArnEquals` or `ArnLike`, which are the same: each of the six parts is compared separately, and a wildcard
 * stays inside its part. Source: IAM user guide "ARN condition operators".
 */
export function arnPattern(source: string, options: TemplateOptions, fail: Fail): ValuePattern {
  const tokens = parseTemplate(source, options, fail);
  const { colons, variableAtColon } = headColons(tokens);
  if (colons < 5 || !source.startsWith('arn:'))
    throw fail(`${JSON.stringify(source)} is not an ARN of six parts`);
  if (variableAtColon !== undefined && variableAtColon < 5)
    throw fail(`${JSON.stringify(source)} has a variable before the fifth colon`);
  return patternOf(source, tokens, (resolved) => {
    const parts: Exclude<Token, { kind: 'variable' }>[][] = [[]];
    for (const token of resolved) {
      if (token.kind !== 'text') {
        parts.at(-1)?.push(token);
        continue;
      }
      token.text.split(':').forEach((text, index) => {
        if (index > 0 && parts.length < 6) parts.push([]);
        else if (index > 0) parts.at(-1)?.push({ kind: 'text', text: ':' });
        if (text !== '') parts.at(-1)?.push({ kind: 'text', text });
      });
    }
    const globs = parts.map((part) => compileGlob(part, { arn: false }));
    return {
      matches(value) {
        const asked = arnParts(value);
        return asked !== undefined && globs.every((glob, index) => glob.matches(asked[index] ?? ''));
      },
    };
  });
}
