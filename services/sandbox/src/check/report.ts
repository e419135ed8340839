import { describeProblem } from '@stepcast/asl-interpreter';
import { describeWarning } from '../workflow/mend-definition.ts';
import type { CheckedDefinition, Verdict } from './check-definition.ts';

const words: Readonly<Record<Verdict, string>> = {
  runs: 'runs as it is',
  'stand-ins': 'runs with stand-ins',
  refused: 'does not run',
};

/** What `--check` prints for people: a line for each file, and below it what is refused or made up. */
export function textReport(checked: readonly CheckedDefinition[]): string {
  const lines = checked.flatMap((one) => [
    `${one.file}: ${words[one.verdict]}${one.placeholders.length > 0 ? ` (fills ${one.placeholders.map((name) => `\${${name}}`).join(', ')})` : ''}`,
    ...one.problems.map((problem) => `  ${describeProblem(problem)}`),
    ...one.warnings.map((warning) => `  ${describeWarning(warning)}`),
    ...one.standIns.map(({ at, resource }) => `  stand-in for ${resource} at ${at}`),
  ]);
  const count = (verdict: Verdict): number => checked.filter((one) => one.verdict === verdict).length;
  const total =
    checked.length > 1
      ? [`${count('runs')} as they are, ${count('stand-ins')} with stand-ins, ${count('refused')} not`]
      : [];
  return `${[...lines, ...total].join('\n')}\n`;
}

/** What `--check --json` prints for programs. */
export function jsonReport(checked: readonly CheckedDefinition[]): string {
  return `${JSON.stringify({ definitions: checked }, null, 2)}\n`;
}
