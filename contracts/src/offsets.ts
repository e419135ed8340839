import type { Offset } from './identifiers.ts';

// Apart from the schemas, so that a bundle of the fold holds no zod.

function isOffset(value: number): value is Offset {
  return Number.isSafeInteger(value) && value >= 1;
}

/**
 * `Offset.parse` for code that every event runs through.
 * @throws RangeError
 */
export function offsetOf(value: number): Offset {
  if (!isOffset(value)) throw new RangeError(`not an offset: ${value}`);
  return value;
}
