import { parseJson } from '@stepcast/contracts';
import { z } from 'zod';

/** A JSON value as states pass it on. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deeper data is refused: the service's own parser stops at the same depth. */
export const MAX_JSON_DEPTH = 1000;
/** Largest input, output or result of a state, in bytes of UTF-8 JSON text. A hard quota of Step Functions. */
export const MAX_DATA_BYTES = 262_144;

export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= MAX_JSON_DEPTH) return false;
  return Object.values(value).every((one) => isJson(one, depth + 1));
}

/** The value of a JSON text; undefined if it is none (or nested deeper than {@link MAX_JSON_DEPTH}). */
export function jsonOfText(text: string): Json | undefined {
  const parsed = parseJson(z.unknown(), text);
  return parsed.ok && isJson(parsed.value) ? parsed.value : undefined;
}

/** Why {@link jsonOfText} gives nothing for a text, in words; undefined when it gives a value. */
export function jsonProblem(text: string): string | undefined {
  const parsed = parseJson(z.unknown(), text);
  if (!parsed.ok) return 'not a JSON text';
  if (isJson(parsed.value)) return undefined;
  return isTooDeep(parsed.value)
    ? `nested deeper than ${MAX_JSON_DEPTH} levels`
    : `a number is larger than ${Number.MAX_VALUE}`;
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= MAX_JSON_DEPTH || Object.values(value).some((one) => isTooDeep(one, depth + 1));
}

/**
 * What is left of a program's value when it has gone over the wire as JSON; undefined becomes null, as Lambda does.
 * Undefined if it cannot be written as JSON at all (a cycle, a BigInt).
 */
export function jsonOfValue(value: unknown): Json | undefined {
  if (value === undefined) return null;
  if (typeof value === 'function' || typeof value === 'symbol') return null;
  try {
    return jsonOfText(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

export function textOfJson(value: Json): string {
  return JSON.stringify(value);
}

export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of an object that is its own, never an inherited one such as `constructor`. */
export function memberOf(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Equality of JSON values: members of objects in any order. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (isJsonArray(left) && isJsonArray(right))
    return (
      left.length === right.length &&
      left.every((one, index) => {
        const other = right[index];
        return other !== undefined && jsonEquals(one, other);
      })
    );
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => {
      const one = memberOf(left, key);
      const other = memberOf(right, key);
      return one !== undefined && other !== undefined && jsonEquals(one, other);
    })
  );
}
