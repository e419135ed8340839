import { command } from '../shell.ts';
import { factsOf, type Denial } from './denial.ts';
import type { Explanation } from './explanation.ts';

/** The checks of the doctor that find it. */
export function doctor(...only: readonly string[]): string {
  return command('stepcast', 'doctor', '--only', only.join(','));
}

/** The repair of what a check finds: each is printed, and made where that is safe and somebody says yes. */
export function mend(...only: readonly string[]): string {
  return command('stepcast', 'doctor', '--fix', '--only', only.join(','));
}

export const roleName = ({ role }: Denial) => role ?? 'ROLE';

/** An explanation with the facts of the denial in front of its details. */
export function describe(
  denial: Denial,
  explanation: Omit<Explanation, 'known' | 'details'> & { readonly details?: readonly string[] },
): Explanation {
  return { ...explanation, known: true, details: [...factsOf(denial), ...(explanation.details ?? [])] };
}

/** Explains a denial, or says that it is another one. */
export type DenialCase = (denial: Denial) => Explanation | undefined;
