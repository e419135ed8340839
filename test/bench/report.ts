import type { Result, Results } from './results.ts';

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank, except that the median of an even number is the mean of the two in the middle. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length / 2;
  if (share === 0.5 && Number.isInteger(middle))
    return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A figure with three significant digits, never as a power of ten. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

/** The median with the least and the greatest, where there are several. */
function spread({ value, values }: Result): string {
  if (values.length < 2) return figure(value);
  return `${figure(value)} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`;
}

export function table(results: readonly Result[]): string {
  const rows = results.map((result) => [
    `(${result.part}) ${result.name}`,
    spread(result),
    result.unit,
    result.baseline === null ? '' : figure(result.baseline),
    result.ratio === null ? '' : `${figure(result.ratio)}x`,
    result.goal === null ? '' : `${result.goal.reached ? 'reached' : 'MISSED '}  ${result.goal.text}`,
  ]);
  const head = ['what', 'median (least–most)', 'unit', 'against', 'ratio', 'goal'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        [1, 3, 4].includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** The table with all that is needed to read it. */
export function report(results: Results): string {
  const goals = results.results.flatMap(({ goal }) => goal ?? []);
  const kind = results.quick
    ? `QUICK FIGURES: medians of ${results.rounds} short measurements at most. They show where it stands; publish those of a full run.`
    : `medians of ${results.rounds} measurements`;
  return [
    table(results.results),
    '',
    ...(results.complete ? [] : ['ENDED EARLY: what follows of the table was not measured.']),
    kind,
    `goals: ${goals.filter(({ reached }) => reached).length} of ${goals.length} reached; ${figure(results.seconds)} s`,
    `machine: ${results.machine}`,
    `broker: ${results.broker}`,
    'Only ratios compare, and only within one run: each is the median of the ratios of rounds in which all took turns.',
    ...results.notes.map((note) => `note: ${note}`),
  ].join('\n');
}
