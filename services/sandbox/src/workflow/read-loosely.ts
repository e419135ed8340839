import { jsonOfText, jsonOfValue, type Json } from '@stepcast/asl-interpreter';
import { asError } from '@stepcast/kit';
import JSON5 from 'json5';

/** Longer texts are no definitions: AWS takes 1 MB. */
const maxLength = 4_194_304;

/** A text read as JSON; `isLoose` when only JSON5 takes it. */
export type LooseJson = { readonly value: Json; readonly isLoose: boolean };

/**
 * Reads JSON, and what people write for JSON: comments, commas too many, texts that go over several lines. AWS takes the first
 * only.
 * @returns undefined for anything else
 */
export function readLoosely(text: string): LooseJson | undefined {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const strict = jsonOfText(source);
  if (strict !== undefined) return { value: strict, isLoose: false };
  if (source.length > maxLength) return undefined;
  const parsed = json5Of(source);
  const value = parsed instanceof Error ? undefined : jsonOfValue(parsed);
  return value === undefined ? undefined : { value, isLoose: true };
}

function json5Of(source: string): unknown {
  try {
    return JSON5.parse<unknown>(source);
  } catch (thrown) {
    return asError(thrown);
  }
}
