import { reportTargetName, type Report, type ReportTarget, type TargetReports } from '@stepcast/wire';

/** Of several reports of a step in one payload, the newest: by time, and of the same time the later one. */
export function newestReports(
  all: Iterable<{ readonly target: ReportTarget; readonly report: Report }>,
): TargetReports[] {
  const targets = new Map<string, { readonly target: ReportTarget; readonly steps: Map<string, Report> }>();
  for (const { target, report } of all) {
    const name = reportTargetName(target);
    const { steps } = targets.get(name) ?? { steps: new Map<string, Report>() };
    const before = steps.get(report.step ?? '');
    if (before === undefined || report.atMs >= before.atMs) steps.set(report.step ?? '', report);
    targets.set(name, { target, steps });
  }
  return [...targets.values()].map(({ target, steps }) => ({ target, reports: [...steps.values()] }));
}
