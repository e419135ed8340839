import type * as z from 'zod';

/** What is wrong with options, each with its name as it is typed: `--log-group is empty; --wait is no number`. */
export function optionProblems(error: z.ZodError): string {
  return error.issues
    .map(
      ({ path, message }) =>
        `--${String(path[0] ?? '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${message}`,
    )
    .join('; ');
}
