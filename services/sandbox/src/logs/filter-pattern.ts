import { isObject, readJson } from '@stepcast/contracts';
import { notImplemented } from '../core/index.ts';

/** Whether a message is one that a filter pattern lets through. */
export type LogFilter = (message: string) => boolean;

type Token =
  | { readonly kind: 'sign'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string; readonly quoted: boolean };

interface Condition {
  readonly path: readonly string[];
  readonly negated: boolean;
  readonly matches: (value: string) => boolean;
}

const token = /\s*(?:(\|\||&&|[{}()]|!=|=)|"([^"\\]*)"|([^\s(){}=!&|"]+))/y;

/**
 * A filter pattern of CloudWatch Logs: the empty one, which lets everything through, and JSON patterns that compare fields with
 * texts, such as `{ ($.type = "TaskFailed") || ($.type = Execution*) }`.
 * @throws AwsError 501 for one that AWS may know and the sandbox does not
 */
export function filterOf(pattern: string): LogFilter {
  if (pattern.trim() === '') return () => true;
  const { conditions, any } = parse(tokensOf(pattern), pattern);
  return (message) => {
    const json = readJson(message);
    if (!json.ok || !isObject(json.value)) return false;
    const { value } = json;
    const holds = ({ path, negated, matches }: Condition) => {
      const found = textAt(value, path);
      // A selector that leads to nothing, or to an object, matches neither way.
      return found !== undefined && matches(found) !== negated;
    };
    return any ? conditions.some(holds) : conditions.every(holds);
  };
}

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = pattern.trim();
  for (token.lastIndex = 0; token.lastIndex < text.length;) {
    const found = token.exec(text);
    if (found === null) throw unknown(pattern);
    const [, sign, quoted, word] = found;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else tokens.push({ kind: 'word', text: quoted ?? word ?? '', quoted: quoted !== undefined });
  }
  return tokens;
}

function parse(
  tokens: readonly Token[],
  pattern: string,
): { readonly conditions: readonly Condition[]; readonly any: boolean } {
  const conditions: Condition[] = [];
  const joints = new Set<string>();
  let at = 0;
  const sign = (text: string): boolean => {
    const found = tokens[at];
    if (found?.kind !== 'sign' || found.text !== text) return false;
    at += 1;
    return true;
  };
  const word = () => {
    const found = tokens[at];
    at += 1;
    if (found?.kind !== 'word') throw unknown(pattern);
    return found;
  };
  if (!sign('{')) throw unknown(pattern);
  for (;;) {
    const inParentheses = sign('(');
    const { text: selector } = word();
    if (!selector.startsWith('$.')) throw unknown(pattern);
    const negated = sign('!=');
    if (!negated && !sign('=')) throw unknown(pattern);
    conditions.push({ path: selector.slice(2).split('.'), negated, matches: matcherOf(word()) });
    if (inParentheses && !sign(')')) throw unknown(pattern);
    const joint = ['||', '&&'].find((one) => sign(one));
    if (joint === undefined) break;
    joints.add(joint);
  }
  // Which of the two binds first is not said here: a pattern has one of them.
  if (!sign('}') || at < tokens.length || joints.size > 1) throw unknown(pattern);
  return { conditions, any: joints.has('||') };
}

/** An asterisk at the end of a text without quotation marks stands for anything. */
function matcherOf({ text, quoted }: { readonly text: string; readonly quoted: boolean }) {
  if (quoted || !text.endsWith('*')) return (value: string) => value === text;
  const start = text.slice(0, -1);
  return (value: string) => value.startsWith(start);
}

function textAt(value: Readonly<Record<string, unknown>>, path: readonly string[]): string | undefined {
  let found: unknown = value;
  for (const name of path) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

function unknown(pattern: string) {
  return notImplemented(`The filter pattern ${pattern.slice(0, 200)}`);
}
