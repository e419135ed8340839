/** Which execution a report is about. */
export type ReportTarget =
  /** The object that was uploaded, as the task's input names it: the key decoded. `versionId` where there is one. */
  | {
      readonly upload: {
        readonly bucket: string;
        readonly key: string;
        readonly versionId?: string | undefined;
      };
    }
  /** `$$.Execution.Id` of the context object. */
  | { readonly executionArn: string };

/** What a report says. At least one of `percent`, `done` and `text`. */
export type ProgressReport = ReportTarget & {
  /** Name of the state. Needed only where several Tasks of the execution run side by side. */
  readonly step?: string | undefined;
  /** 0 to 100; what is beyond is cut off. Default: from `done` and `total`. */
  readonly percent?: number | undefined;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  /** One line; at most 256 characters arrive. Addresses, ARNs and credentials are taken out. */
  readonly text?: string | undefined;
};

/** The line of a report. */
export function reportLine(report: ProgressReport, token: string): string {
  const { step, percent, done, total, text } = report;
  const target =
    'executionArn' in report
      ? { executionArn: report.executionArn }
      : { bucket: report.upload.bucket, key: report.upload.key, versionId: report.upload.versionId };
  const line = {
    stepcast: 'report',
    token,
    ...target,
    step,
    percent: percent === undefined || Number.isNaN(percent) ? undefined : Math.min(100, Math.max(0, percent)),
    done: amount(done),
    total: amount(total),
    text: text?.slice(0, 1_000),
  };
  // A line feed inside of a text is escaped, and a key in it can end nothing.
  return JSON.stringify(line);
}

function amount(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Math.max(0, value);
}
