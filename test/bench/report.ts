/** One line of the table and of `results.json`. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What it is held against, measured in the same run; null where there is nothing. */
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** How many measurements the value is the median of. */
  readonly runs: number;
  readonly goal?: { readonly text: string; readonly reached: boolean };
}

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

export function table(results: readonly BenchResult[]): string {
  const rows = results.map(({ name, unit, value, baseline, ratio, runs, goal }) => [
    name,
    figure(value),
    unit,
    baseline === null ? '' : figure(baseline),
    ratio === null ? '' : `${figure(ratio)}x`,
    String(runs),
    goal === undefined ? '' : `${goal.reached ? 'reached' : 'MISSED '}  ${goal.text}`,
  ]);
  const head = ['what', 'value', 'unit', 'held against', 'ratio', 'runs', 'goal'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        [1, 3, 4, 5].includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
