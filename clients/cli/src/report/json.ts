import type { FixOutcome } from '../application/repair.ts';
import { EXIT_CODES, exitCodeOf, hasChecked, type Diagnosis } from '../domain/diagnose.ts';
import type { Setup } from '../domain/setup.ts';

const words = ['ok', 'warnings', 'failures', 'notAllChecked'] as const;

/**
 * The diagnosis for programs. The name of the schema changes when a field goes or means something else; new fields may
 * come without that.
 */
export function renderJson(
  setup: Pick<Setup, 'region' | 'accountId'>,
  diagnosis: Diagnosis,
  fixes: readonly FixOutcome[],
): string {
  const exitCode = exitCodeOf(diagnosis);
  const report = {
    schema: 'stepcast.doctor/v1',
    region: setup.region,
    accountId: setup.accountId ?? null,
    result:
      exitCode === EXIT_CODES.notAllChecked && !hasChecked(diagnosis) ? 'nothingChecked' : words[exitCode],
    exitCode,
    links: diagnosis.results.map(({ link, title, verdict, severity, evidence, why, repair }) => ({
      link,
      title,
      verdict,
      severity,
      evidence,
      why,
      repair,
    })),
    skipped: diagnosis.skipped,
    fixes: fixes.map(({ link, change, outcome, message }) => ({
      link,
      change,
      outcome,
      message: message ?? null,
    })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
