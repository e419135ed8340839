import { type Token } from './template.ts';

/**
 * Matching of resolved templates. Characters are Unicode code points; every character of the *asked* value is a literal,
 * so that an MQTT filter or an object key with `*` in it is never read as a pattern.
 */

type Step = { readonly character: string } | { readonly wild: 'any' | 'one'; readonly stopsAtColon: boolean };

export interface Glob {
  matches(value: string): boolean;
}

export interface GlobOptions {
  /**
   * ARN patterns: inside one of the first five parts a wildcard does not pass the colon that ends the part, except for a
   * `*` that is the part's last character, which "can expand to match beyond the colon boundaries". What follows the
   * fifth colon is one part, colons included.
   * Source: IAM user guide "IAM JSON policy elements: Resource", "Using wildcards in resource ARNs".
   */
  readonly arn: boolean;
}

export function compileGlob(
  tokens: readonly Exclude<Token, { kind: 'variable' }>[],
  options: GlobOptions,
): Glob {
  const steps = stepsOf(tokens, options);
  return { matches: (value) => run(steps, Array.from(value)) };
}

function stepsOf(
  tokens: readonly Exclude<Token, { kind: 'variable' }>[],
  { arn }: GlobOptions,
): readonly Step[] {
  const steps: Step[] = [];
  let colons = 0;
  tokens.forEach((token, index) => {
    if (token.kind === 'text') {
      for (const character of token.text) {
        if (character === ':') colons += 1;
        steps.push({ character });
      }
      return;
    }
    const inHead = arn && colons < 5;
    const next = tokens[index + 1];
    const endsPart = next === undefined || (next.kind === 'text' && next.text.startsWith(':'));
    if (token.kind === 'one') steps.push({ wild: 'one', stopsAtColon: inHead });
    else steps.push({ wild: 'any', stopsAtColon: inHead && !endsPart });
  });
  return steps;
}

/**
 * Follows every way through the pattern at once: time is at most pattern length times value length, whatever the
 * pattern. (A regular expression made of the pattern can take exponential time for `*a*a*a…`.)
 */
function run(steps: readonly Step[], value: readonly string[]): boolean {
  let head = 0;
  for (; head < steps.length; head += 1) {
    const step = steps[head];
    if (step === undefined || 'wild' in step) break;
    if (step.character !== value[head]) return false;
  }
  const rest = steps.slice(head);
  const [only] = rest;
  if (rest.length === 0) return value.length === head;
  if (rest.length === 1 && only !== undefined && 'wild' in only && only.wild === 'any' && !only.stopsAtColon)
    return true;

  let here = new Set<number>();
  const enter = (into: Set<number>, position: number): void => {
    let at = position;
    into.add(at);
    // A star may stand for nothing.
    for (;;) {
      const step = rest[at];
      if (step === undefined || !('wild' in step) || step.wild !== 'any') return;
      at += 1;
      into.add(at);
    }
  };
  enter(here, 0);
  for (const character of value.slice(head)) {
    const next = new Set<number>();
    for (const position of here) {
      const step = rest[position];
      if (step === undefined) continue;
      if (!('wild' in step)) {
        if (step.character === character) enter(next, position + 1);
      } else if (!(step.stopsAtColon && character === ':')) {
        enter(next, step.wild === 'any' ? position : position + 1);
      }
    }
    if (next.size === 0) return false;
    here = next;
  }
  return here.has(rest.length);
}
