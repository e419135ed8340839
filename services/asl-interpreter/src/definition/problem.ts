/** A field that cannot run, here or in AWS, and why. */
export interface Problem {
  /** As Step Functions calls it: `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET`… */
  readonly code: string;
  readonly text: string;
  /** JSONPath of the field in the definition. */
  readonly at: string;
}

/** Collects problems; the same one is named once. */
export type Report = (code: string, text: string, at: string) => void;

export const SCHEMA = 'SCHEMA_VALIDATION_FAILED';

const identifier = /^[A-Za-z_]\w*$/;

/** `.Name` or `['my name']`, to be put behind a path. */
export const stepTo = (key: string): string =>
  identifier.test(key) ? `.${key}` : `['${key.replaceAll(/['\\]/g, String.raw`\$&`)}']`;

export function describeProblem({ code, text, at }: Problem): string {
  return `${code}: ${text} at ${at}`;
}
