import { createHash } from 'node:crypto';
import {
  isJsonArray,
  isJsonObject,
  jsonEquals,
  jsonOfText,
  textOfJson,
  type Json,
  type JsonObject,
} from '../json.ts';
import { seededRandom } from './seeded-random.ts';

/** What functions need from outside: `States.MathRandom` and `States.UUID` are the only ones. */
export interface FunctionEnvironment {
  /** In [0, 1). */
  random(): number;
  uuid(): string;
}

type Implementation = (args: readonly Json[], environment: FunctionEnvironment) => Json;

/** Thrown with what was wrong; the caller adds which function of which state. */
export class FunctionProblem extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'FunctionProblem';
  }
}

const ordinals = ['first', 'second', 'third'];
/** Longest text that `States.Base64Encode`, `Base64Decode` and `Hash` take, in characters. */
const maxTextLength = 10_000;
const maxRangeLength = 1000;

function argument(args: readonly Json[], index: number): Json {
  const value = args[index];
  if (value === undefined) throw new FunctionProblem(`the ${ordinals[index] ?? 'next'} argument is missing`);
  return value;
}
function arrayArgument(args: readonly Json[], index: number): readonly Json[] {
  const value = argument(args, index);
  if (!isJsonArray(value))
    throw new FunctionProblem(`the ${ordinals[index] ?? ''} argument must be an array`);
  return value;
}
function textArgument(args: readonly Json[], index: number, maxLength?: number): string {
  const value = argument(args, index);
  if (typeof value !== 'string')
    throw new FunctionProblem(`the ${ordinals[index] ?? ''} argument must be a string`);
  if (maxLength !== undefined && value.length > maxLength)
    throw new FunctionProblem(`the ${ordinals[index] ?? ''} argument is longer than ${maxLength} characters`);
  return value;
}
function integerArgument(args: readonly Json[], index: number): number {
  const value = argument(args, index);
  if (typeof value !== 'number')
    throw new FunctionProblem(`the ${ordinals[index] ?? ''} argument must be a number`);
  // The service rounds to the nearest integer.
  return Math.round(value);
}
function objectArgument(args: readonly Json[], index: number): JsonObject {
  const value = argument(args, index);
  if (!isJsonObject(value))
    throw new FunctionProblem(`the ${ordinals[index] ?? ''} argument must be an object`);
  return value;
}

function partition(items: readonly Json[], size: number): Json[] {
  if (size < 1) throw new FunctionProblem('the chunk size must be a positive integer');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  );
}

function range(first: number, last: number, step: number): Json[] {
  if (step === 0) throw new FunctionProblem('the increment must not be zero');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > maxRangeLength) throw new FunctionProblem(`more than ${maxRangeLength} elements`);
  return Array.from({ length }, (_, index) => first + index * step);
}

const hashes: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function hash(text: string, algorithm: string): string {
  const name = Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined;
  if (name === undefined)
    throw new FunctionProblem(`the algorithm must be one of ${Object.keys(hashes).join(', ')}`);
  return createHash(name).update(text, 'utf8').digest('hex');
}

function toJson(text: string): Json {
  if (text.trim() === '') return null;
  const value = jsonOfText(text);
  if (value === undefined) throw new FunctionProblem('the argument is not JSON text');
  return value;
}

function split(text: string, splitters: string): Json[] {
  const separators = new Set(splitters);
  const parts: string[] = [''];
  for (const char of text) {
    if (separators.has(char)) parts.push('');
    else parts[parts.length - 1] = `${parts.at(-1) ?? ''}${char}`;
  }
  return parts.filter((part) => part !== '');
}

interface FunctionEntry {
  readonly min: number;
  readonly max: number;
  readonly run: Implementation;
}

/** Every intrinsic function of JSONPath machines except `States.Format` and `States.Array`, which take any number. */
export const intrinsicFunctions: Readonly<Record<string, FunctionEntry>> = {
  'States.Array': { min: 0, max: Infinity, run: (args) => args },
  'States.ArrayPartition': {
    min: 2,
    max: 2,
    run: (args) => partition(arrayArgument(args, 0), integerArgument(args, 1)),
  },
  'States.ArrayContains': {
    min: 2,
    max: 2,
    run: (args) => arrayArgument(args, 0).some((one) => jsonEquals(one, argument(args, 1))),
  },
  'States.ArrayRange': {
    min: 3,
    max: 3,
    run: (args) => range(integerArgument(args, 0), integerArgument(args, 1), integerArgument(args, 2)),
  },
  'States.ArrayGetItem': {
    min: 2,
    max: 2,
    run: (args) => {
      const index = integerArgument(args, 1);
      const item = index < 0 ? undefined : arrayArgument(args, 0)[index];
      if (item === undefined) throw new FunctionProblem(`the array has no item ${index}`);
      return item;
    },
  },
  'States.ArrayLength': { min: 1, max: 1, run: (args) => arrayArgument(args, 0).length },
  'States.ArrayUnique': {
    min: 1,
    max: 1,
    run: (args) =>
      arrayArgument(args, 0).reduce<Json[]>((unique, one) => {
        if (!unique.some((other) => jsonEquals(one, other))) unique.push(one);
        return unique;
      }, []),
  },
  'States.Base64Encode': {
    min: 1,
    max: 1,
    run: (args) => Buffer.from(textArgument(args, 0, maxTextLength), 'utf8').toString('base64'),
  },
  'States.Base64Decode': {
    min: 1,
    max: 1,
    run: (args) => {
      const text = textArgument(args, 0, maxTextLength);
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new FunctionProblem('the argument is not base64');
      return Buffer.from(text, 'base64').toString('utf8');
    },
  },
  'States.Hash': {
    min: 2,
    max: 2,
    run: (args) => {
      const data = argument(args, 0);
      const text = typeof data === 'string' ? data : textOfJson(data);
      if (text.length > maxTextLength)
        throw new FunctionProblem(`the first argument is longer than ${maxTextLength} characters`);
      return hash(text, textArgument(args, 1));
    },
  },
  'States.JsonMerge': {
    min: 3,
    max: 3,
    run: (args) => {
      if (argument(args, 2) !== false)
        throw new FunctionProblem('the third argument must be false: deep merging is not supported');
      return { ...objectArgument(args, 0), ...objectArgument(args, 1) };
    },
  },
  'States.StringToJson': { min: 1, max: 1, run: (args) => toJson(textArgument(args, 0)) },
  'States.JsonToString': { min: 1, max: 1, run: (args) => textOfJson(argument(args, 0)) },
  'States.MathRandom': {
    min: 2,
    max: 3,
    run: (args, environment) => {
      const from = integerArgument(args, 0);
      const to = integerArgument(args, 1);
      if (to <= from) throw new FunctionProblem('the end must be greater than the start');
      const drawn = args.length === 3 ? seededRandom(integerArgument(args, 2)) : environment.random();
      return from + Math.floor(drawn * (to - from));
    },
  },
  'States.MathAdd': { min: 2, max: 2, run: (args) => integerArgument(args, 0) + integerArgument(args, 1) },
  'States.StringSplit': {
    min: 2,
    max: 2,
    run: (args) => split(textArgument(args, 0), textArgument(args, 1)),
  },
  'States.UUID': { min: 0, max: 0, run: (_args, environment) => environment.uuid() },
};
