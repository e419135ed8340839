import * as z from 'zod';

/** One line of the table and of the JSON. */
export const Result = z.object({
  /** Letter of the part, as in the documentation. */
  part: z.string(),
  name: z.string(),
  unit: z.string(),
  /** Median of `values`, unless the name says something else. */
  value: z.number(),
  /** In order of measurement. */
  values: z.array(z.number()),
  /** What it is held against, measured in the same run; null where there is nothing. */
  baseline: z.number().nullable(),
  /** Median of the ratios of each round. */
  ratio: z.number().nullable(),
  goal: z.object({ text: z.string(), reached: z.boolean() }).nullable(),
});
export type Result = z.infer<typeof Result>;

export const Results = z.object({
  takenAt: z.iso.datetime(),
  /** Quick figures are medians of short measurements: they show where one stands, not what one promises. */
  quick: z.boolean(),
  /** False when it was ended early. */
  complete: z.boolean(),
  parts: z.array(z.string()),
  rounds: z.number().int(),
  seconds: z.number(),
  machine: z.string(),
  broker: z.string(),
  results: z.array(Result),
  /** What the bench noticed about itself, such as a path that did not become steady. */
  notes: z.array(z.string()),
});
export type Results = z.infer<typeof Results>;
