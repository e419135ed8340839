import type { z } from 'zod';
import type { CallContext, Operation } from '../../core/index.ts';
import { readRequest } from './requests.ts';

/** An operation of the API: reads the request and answers. What it throws is its answer, too. */
export function operation<S extends z.core.$ZodType>(
  schema: S,
  handle: (request: z.output<S>, call: CallContext) => object | Promise<object>,
): Operation {
  // A rejection, not an exception.
  return (input, call) =>
    new Promise((resolve) => {
      resolve(handle(readRequest(schema, input), call));
    });
}
