import { type Json } from '../json.ts';
import { lookup, type DataScope } from './path/json-path.ts';
import { DataProblem } from './problems.ts';
import { parseReferencePath, writeReference } from './path/reference-path.ts';

/** `InputPath`, `OutputPath`: absent keeps the value, null makes it `{}`, a path selects. Throws {@link DataProblem}. */
export function selectByPath(path: string | null | undefined, scope: DataScope): Json {
  if (path === undefined) return scope.input;
  if (path === null) return {};
  const found = lookup(path, scope);
  if (!found.found) throw new DataProblem(`Invalid path '${path}' : ${found.problem}`);
  return found.value;
}

/**
 * `ResultPath`: absent replaces the state's input by the result, null throws the result away, a path puts the result into
 * a copy of the raw input. Throws {@link DataProblem}.
 */
export function placeResult(path: string | null | undefined, rawInput: Json, result: Json): Json {
  if (path === undefined) return result;
  if (path === null) return rawInput;
  const reference = parseReferencePath(path);
  const placed = reference?.root === 'input' ? writeReference(reference, rawInput, result) : undefined;
  if (placed === undefined)
    throw new DataProblem(`Unable to apply ResultPath '${path}' to the input '${JSON.stringify(rawInput)}'`);
  return placed;
}
