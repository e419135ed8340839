import * as z from 'zod';

const EXAMPLE = 'is no time such as 2026-11-03T10:15:00Z';
/** A date, or a date with a time and its distance from UTC. */
const form = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Milliseconds of a time in the form of ISO 8601: with its distance from UTC, or a date alone, whose day begins in UTC. Undefined for anything
 * else: `Date.parse` reads "1" as a year of its own, 30 February as 2 March, and a time without a zone in that of the machine.
 */
export function instantMs(text: string): number | undefined {
  const day = form.exec(text)?.[1];
  const ms = Date.parse(text);
  if (day === undefined || Number.isNaN(ms)) return undefined;
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? ms : undefined;
}

/** A time as an operator gives it, in milliseconds. */
export const OperatorTime = z.string().transform((text, context) => {
  const ms = instantMs(text.trim());
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: EXAMPLE });
  return z.NEVER;
});

/** The same as ISO 8601 text in UTC. */
export const OperatorInstant = OperatorTime.transform((ms) => new Date(ms).toISOString());
