import { asError } from '@stepcast/kit';
import { type Fix, type LinkResult } from '../domain/link.ts';
import { mask } from '@stepcast/operations';
import type { Confirmation, Repairs } from '../ports/repairs.port.ts';

export interface FixOutcome {
  readonly link: string;
  /** What was to change, a line each; `+` is added, `-` is gone. */
  readonly change: readonly string[];
  readonly outcome: 'done' | 'declined' | 'failed';
  readonly message: string | undefined;
}

/** The change in words and lines, shown before anything is asked or done. */
export function describeFix(fix: Fix): readonly string[] {
  switch (fix.kind) {
    case 'attachIotPolicy':
      return [`+ IoT policy ${fix.policyName} on identity ${fix.identityId}`];
    case 'putCors':
      return fix.rules.map(
        (rule) =>
          `${rule.id === 'stepcast' ? '+' : ' '} CORS rule of ${fix.bucket}: ${rule.allowedMethods.join(', ')} from ${rule.allowedOrigins.join(', ')}`,
      );
    case 'setSetting':
      return [
        `- ${fix.path}:${fix.line} ${fix.name}=…`,
        `+ ${fix.path}:${fix.line} ${fix.name}=${fix.value}`,
      ];
  }
}

function apply(repairs: Repairs, fix: Fix): Promise<void> {
  switch (fix.kind) {
    case 'attachIotPolicy':
      return repairs.attachIotPolicy(fix.policyName, fix.identityId);
    case 'putCors':
      return repairs.putCors(fix.bucket, fix.rules);
    case 'setSetting':
      return repairs.setSetting(fix.path, fix.line, fix.name, fix.value);
  }
}

/**
 * Makes the safe repairs of what failed, one after the other, each shown first and agreed to.
 * @param show prints the lines of a change
 */
export async function repairAll(
  results: readonly LinkResult[],
  repairs: Repairs,
  confirmation: Confirmation,
  show: (lines: readonly string[]) => void,
): Promise<readonly FixOutcome[]> {
  const outcomes: FixOutcome[] = [];
  for (const { link, fixes } of results) {
    for (const fix of fixes) {
      const change = describeFix(fix);
      show([`${link}:`, ...change]);
      if (!(await confirmation.confirm('Make this change?'))) {
        outcomes.push({ link, change, outcome: 'declined', message: undefined });
        continue;
      }
      try {
        await apply(repairs, fix);
        outcomes.push({ link, change, outcome: 'done', message: undefined });
      } catch (thrown) {
        outcomes.push({ link, change, outcome: 'failed', message: mask(asError(thrown).message) });
      }
    }
  }
  return outcomes;
}
