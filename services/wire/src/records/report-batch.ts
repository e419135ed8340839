import { ExecutionArn, type ParseResult } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { queueText } from '../dead-letters/queue-text.ts';
import { compileSchema } from '../schemas/compile-schema.ts';

/** Name of a state has at most so many characters (Step Functions developer guide, "Quotas"). */
export const MAX_STEP_NAME = 80;

/** One report of a task, cut to what may travel. */
export const Report = z.object({
  /** CloudWatch's ID of the log event: the same when it is delivered again. Of two at one time, the greater is the newer. */
  id: z.string().check(z.maxLength(128)),
  /** When the log event was written, in milliseconds since the epoch. */
  atMs: z.number().check(z.int(), z.gte(0)),
  /** The state, where the task names it. */
  step: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_STEP_NAME))),
  percent: z.optional(z.number().check(z.gte(0), z.lte(100))),
  done: z.optional(z.number().check(z.gte(0))),
  total: z.optional(z.number().check(z.gte(0))),
  /** Cleaned. */
  text: z.optional(z.string().check(z.maxLength(256))),
});
export type Report = z.infer<typeof Report>;

/** What a report is about, where it does not name the execution: the uploaded object, its key decoded. */
export const ReportedUpload = z.object({
  bucket: z.string().check(z.minLength(1), z.maxLength(63)),
  key: z.string().check(z.minLength(1), z.maxLength(1024)),
  versionId: z.optional(z.string().check(z.minLength(1), z.maxLength(1024))),
});
export type ReportedUpload = z.infer<typeof ReportedUpload>;

/** Exactly one of the two. */
export type ReportTarget =
  | { readonly executionArn: ExecutionArn; readonly upload?: undefined }
  | { readonly upload: ReportedUpload; readonly executionArn?: undefined };

const head = { version: z.literal(1), kind: z.literal('reports') };
const Reports = z.array(Report).check(z.minLength(1));
const ReportBatch = z.union([
  z.object({ ...head, executionArn: ExecutionArn, reports: Reports }),
  z.object({ ...head, upload: ReportedUpload, reports: Reports }),
]);

/** Reports of one execution or upload, of each step the newest. */
export interface TargetReports {
  readonly target: ReportTarget;
  readonly reports: readonly Report[];
}

const compiled = compileSchema(ReportBatch);

/** Body of a message on the events queue with reports. */
export function reportBatchBody({ target, reports }: TargetReports): string {
  const batch: z.infer<typeof ReportBatch> = {
    version: 1,
    kind: 'reports',
    ...target,
    reports: [...reports],
  };
  return queueText(batch);
}

/** Reads what {@link reportBatchBody} wrote. */
export function parseReportBatch(body: string): ParseResult<TargetReports> {
  const parsed = compiled.parseText(body);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const target = 'executionArn' in value ? { executionArn: value.executionArn } : { upload: value.upload };
  return { ok: true, value: { target, reports: value.reports } };
}

/** The same for everything that reports one execution, or one version of one upload. */
export function reportTargetName({ executionArn, upload }: ReportTarget): string {
  // Neither bucket nor version ID has a line feed.
  return executionArn ?? `${upload.bucket}\n${upload.versionId ?? ''}\n${upload.key}`;
}
