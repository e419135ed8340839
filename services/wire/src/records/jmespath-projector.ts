import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Projected, Projector } from './cut-record.ts';
import { jmespathProblem, searchJmespath } from './jmespath.ts';
import { ValueSchema } from './value-schema.ts';

/** Thrown at start for a projection that cannot work. */
export class ProjectionError extends Error {
  readonly code = 'WIRE_PROJECTION_INVALID';
  readonly retryable = false;

  constructor(message: string) {
    super(message);
    this.name = 'ProjectionError';
  }
}

/** One hole in the wall: a named piece of input or output that may leave. */
export const Projection = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/),
  on: z.enum(['input', 'output']),
  /** Only from these event types; all that carry the data when absent. */
  eventTypes: z.array(z.string()).optional(),
  /** Only from these states. `*StateEntered` and `*StateExited` are the only events that say their state. */
  stateNames: z.array(z.string()).optional(),
  /** JMESPath. */
  expression: z.string().min(1).max(1_000),
  /** What comes out, for those who read it: `stepcast types` writes it as TypeScript. Services let values through whatever they are. */
  schema: ValueSchema.optional(),
});
export type Projection = z.infer<typeof Projection>;

/** What one projection lets through at most, as JSON. */
export const MAX_PROJECTED_BYTES = 4 * 1024;

/**
 * Runs projections over the inputs and outputs of records, whether logs had them or history. What an expression does not find, what it makes longer than
 * 4 KB, and data that is no JSON are left out: a projection can never hold up or fail a record.
 * @throws ProjectionError naming the projection whose expression does not parse, or a name given twice
 */
export function createJmespathProjector(projections: readonly Projection[]): Projector | undefined {
  if (projections.length === 0) return undefined;
  const names = new Set<string>();
  for (const { name, expression } of projections) {
    if (names.has(name)) throw new ProjectionError(`projection ${JSON.stringify(name)} is there twice`);
    names.add(name);
    const problem = jmespathProblem(expression);
    if (problem !== undefined)
      throw new ProjectionError(
        `projection ${JSON.stringify(name)}: ${expression} is not JMESPath: ${problem}`,
      );
  }
  return ({ on, eventType, stateName, text }) => {
    const wanted = projections.filter(
      (one) =>
        one.on === on &&
        (one.eventTypes === undefined || one.eventTypes.includes(eventType)) &&
        (one.stateNames === undefined || (stateName !== undefined && one.stateNames.includes(stateName))),
    );
    if (wanted.length === 0) return undefined;
    const data = parseJson(z.json(), text);
    if (!data.ok) return undefined;
    const found: Projected = {};
    for (const { name, expression } of wanted) {
      const value = search(data.value, expression);
      if (value === undefined || value === null) continue;
      if (Buffer.byteLength(JSON.stringify(value)) <= MAX_PROJECTED_BYTES) found[name] = value;
    }
    return found;
  };
}

function search(data: unknown, expression: string): z.infer<ReturnType<typeof z.json>> | undefined {
  return z.json().safeParse(searchJmespath(data, expression)).data;
}
