import { ExecutionArn, isObject, type ParseResult } from '@stepcast/contracts';
import * as z from 'zod/mini';
import { compileSchema } from '../schemas/compile-schema.ts';
import { MAX_STEP_NAME, ReportedUpload, type Report, type ReportTarget } from './report-batch.ts';
import { cleanLine } from './summarise-error.ts';

const maybe = <S extends z.core.$ZodType>(schema: S) => z.optional(z.nullable(schema));
const Amount = maybe(z.number().check(z.gte(0)));

/** A report as the code of a task writes it. Other properties are passed over; null is as good as nothing. */
const ReportLine = z.looseObject({
  stepcast: z.literal('report'),
  token: z.string(),
  executionArn: maybe(ExecutionArn),
  bucket: maybe(ReportedUpload.shape.bucket),
  key: maybe(ReportedUpload.shape.key),
  versionId: maybe(z.string().check(z.maxLength(1024))),
  step: maybe(z.string().check(z.maxLength(MAX_STEP_NAME))),
  percent: maybe(z.number().check(z.gte(0), z.lte(100))),
  done: Amount,
  total: Amount,
  text: maybe(z.string()),
});
type ReportLine = z.infer<typeof ReportLine>;

const compiled = compileSchema(ReportLine);

/** Whether a line of a log means to be a report. */
export function isReportLine(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && Object.hasOwn(value, 'stepcast') && value.stepcast === 'report';
}

function wrong(path: string, problem: string): ParseResult<never> {
  return { ok: false, issues: [{ path, problem }] };
}

/** As empty texts come of languages that have no missing ones. */
function textOf(text: string | null | undefined): string | undefined {
  return text === null || text === undefined || text === '' ? undefined : text;
}

function targetOf({ executionArn, bucket, key, versionId }: ReportLine): ParseResult<ReportTarget> {
  const named = typeof executionArn === 'string';
  const [inBucket, ofKey] = [textOf(bucket), textOf(key)];
  if (named && (inBucket ?? ofKey) !== undefined) return wrong('$', 'names an execution and an upload');
  if (named) return { ok: true, value: { executionArn } };
  if (inBucket === undefined || ofKey === undefined)
    return wrong('$', 'names neither an execution (executionArn) nor an upload (bucket and key)');
  const version = textOf(versionId);
  return {
    ok: true,
    value: {
      upload: { bucket: inBucket, key: ofKey, ...(version === undefined ? {} : { versionId: version }) },
    },
  };
}

/** To a tenth, and in bounds. Of parts, as many as are whole. */
function percentOf({ percent, done, total }: ReportLine): number | undefined {
  if (typeof percent === 'number') return Math.round(percent * 10) / 10;
  if (typeof done !== 'number' || typeof total !== 'number' || total === 0) return undefined;
  return Math.floor(Math.min(1, done / total) * 100);
}

/**
 * Reads one report, cleans its text and puts its numbers in order.
 * @param value what {@link isReportLine} holds of
 * @param logEvent by which it came
 */
export function cutReport(
  value: unknown,
  { id, timestampMs }: { readonly id: string; readonly timestampMs: number },
): ParseResult<{ readonly target: ReportTarget; readonly report: Report }> {
  const parsed = compiled.parse(value);
  if (!parsed.ok) return parsed;
  const line = parsed.value;
  const target = targetOf(line);
  if (!target.ok) return target;
  const percent = percentOf(line);
  const [step, text] = [textOf(line.step), textOf(cleanLine(line.text ?? ''))];
  const { done, total } = line;
  if (percent === undefined && text === undefined && typeof done !== 'number')
    return wrong('$', 'says nothing: it has neither percent nor done nor text');
  return {
    ok: true,
    value: {
      target: target.value,
      report: {
        id: id.slice(0, 128),
        atMs: timestampMs,
        ...(step === undefined ? {} : { step }),
        ...(percent === undefined ? {} : { percent }),
        ...(typeof done === 'number' ? { done } : {}),
        ...(typeof total === 'number' ? { total } : {}),
        ...(text === undefined ? {} : { text }),
      },
    },
  };
}
