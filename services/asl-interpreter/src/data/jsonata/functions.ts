import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import { isJsonArray, jsonOfText, jsonOfValue, textOfJson, type Json } from '../../json.ts';
import { seededRandom } from '../seeded-random.ts';

/** What the functions of an expression need from outside. */
export interface ExpressionEnvironment {
  /** In [0, 1). */
  random(): number;
  uuid(): string;
  nowMs(): number;
}

/** What a function says is wrong. */
class ExpressionProblem extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'ExpressionProblem';
  }
}

const maxRangeLength = 1_000;
const hashes: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const numberIn = (value: unknown, what: string): number => {
  if (typeof value !== 'number') throw new ExpressionProblem(`${what} must be a number`);
  return value;
};
const textIn = (value: unknown, what: string): string => {
  if (typeof value !== 'string') throw new ExpressionProblem(`${what} must be a string`);
  return value;
};

function partition(list: unknown, size: unknown): Json {
  const items = jsonOfValue(list) ?? null;
  if (!isJsonArray(items)) throw new ExpressionProblem('$partition takes an array');
  const by = Math.floor(numberIn(size, 'the chunk size of $partition'));
  if (by < 1) throw new ExpressionProblem('the chunk size of $partition must be positive');
  return Array.from({ length: Math.ceil(items.length / by) }, (_, chunk) =>
    items.slice(chunk * by, (chunk + 1) * by),
  );
}

function range(first: unknown, last: unknown, step: unknown): Json {
  const [from, to, by] = [first, last, step].map((one) => numberIn(one, 'an argument of $range'));
  if (from === undefined || to === undefined || by === undefined || by === 0)
    throw new ExpressionProblem('the step of $range must not be 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > maxRangeLength) throw new ExpressionProblem(`$range gives ${maxRangeLength} elements at most`);
  return Array.from({ length }, (_, index) => from + index * by);
}

function hash(data: unknown, algorithm: unknown): string {
  const name = textIn(algorithm, 'the algorithm of $hash');
  const known = Object.hasOwn(hashes, name) ? hashes[name] : undefined;
  if (known === undefined)
    throw new ExpressionProblem(`the algorithm of $hash is one of ${Object.keys(hashes).join(', ')}`);
  const text = typeof data === 'string' ? data : textOfJson(jsonOfValue(data) ?? null);
  return createHash(known).update(text, 'utf8').digest('hex');
}

function parse(text: unknown): Json {
  const value = jsonOfText(textIn(text, 'the argument of $parse'));
  if (value === undefined) throw new ExpressionProblem('the argument of $parse is not JSON');
  return value;
}

/** Adds what Step Functions has and JSONata has not, and takes `$eval` and the clock of the machine away. */
export function addFunctions(expression: jsonata.Expression, environment: ExpressionEnvironment): void {
  const add = (name: string, run: (...args: unknown[]) => unknown): void =>
    expression.registerFunction(name, run);
  const nowMs = environment.nowMs();
  add('partition', partition);
  add('range', range);
  add('hash', hash);
  add('parse', parse);
  add('uuid', () => environment.uuid());
  add('random', (seed) =>
    seed === undefined ? environment.random() : seededRandom(numberIn(seed, 'the seed of $random')),
  );
  add('millis', () => nowMs);
  add('now', (picture, timezone): unknown =>
    picture === undefined
      ? new Date(nowMs).toISOString()
      : jsonata('$fromMillis($ms, $picture, $timezone)').evaluate(undefined, {
          ms: nowMs,
          picture,
          timezone,
        }),
  );
  add('eval', () => {
    throw new ExpressionProblem('Step Functions has no $eval; use $parse');
  });
}
