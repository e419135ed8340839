import * as z from 'zod';

const isBytes = (value: unknown): boolean => value instanceof Uint8Array;

/** What the thread gets that reads a file: its bytes, and how many rows at most. */
export const Work = z.object({ body: z.custom<Uint8Array>(isBytes), most: z.number() });
export type Work = z.infer<typeof Work>;

/** What it answers: the rows as JSON text, or why there are none. */
export type Answer = { readonly rows: string } | { readonly problem: string };
