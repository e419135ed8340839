import type { ParseResult } from '@stepcast/contracts';
import { compileSchema } from '../schemas/compile-schema.ts';
import { Handover } from './handover.ts';

export const compiledHandover = compileSchema(Handover);

/** Reads the body of a message on the progress queue, with the result that `parseJson(Handover, …)` has. */
export function readHandover(body: string): ParseResult<Handover> {
  return compiledHandover.parseText(body);
}
