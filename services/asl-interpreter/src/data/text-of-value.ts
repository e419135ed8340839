import { isJsonArray, type Json } from '../json.ts';

/**
 * A value as `States.Format` inserts it: texts bare, and objects and lists in the notation of AWS's runtime,
 * `{Arg1=1, Arg2=[]}`, as recorded from the service.
 */
export function textOfValue(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (isJsonArray(value)) return `[${value.map(textOfValue).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${key}=${textOfValue(one)}`)
    .join(', ')}}`;
}
