import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { OperatorInstant } from '../time.ts';

/** Longest text that names something: an object key has up to 1,024 bytes, each up to three characters when encoded. */
const MAX_NAME = 4_096;
const MAX_REASON = 1_000;
const MAX_IDS = 500;

const Name = z
  .string('is missing')
  .trim()
  .min(1, 'says nothing')
  .max(MAX_NAME, `has more than ${MAX_NAME} characters`);
const Reason = z
  .string()
  .trim()
  .max(MAX_REASON, `has more than ${MAX_REASON} characters`)
  .nullish()
  .transform((text) => (text === undefined || text === '' ? null : text));

export const LookUpQuery = z.object({ what: Name });
export const StatsQuery = z.object({
  quick: z
    .enum(['0', '1'], 'is 0 or 1')
    .default('0')
    .transform((text) => text === '1'),
});
export const HistoryQuery = z.object({
  minutes: z.coerce
    .number('is no number')
    .int('is no whole number')
    .min(1, 'is at least 1')
    .max(180, 'is at most 180')
    .default(15),
});
export const AuditQuery = z.object({
  limit: z.coerce
    .number('is no number')
    .int('is no whole number')
    .min(1, 'is at least 1')
    .max(500, 'is at most 500')
    .default(50),
});

export const LetterChange = z
  .object({
    action: z.enum(['retry', 'drop'], 'is retry or drop'),
    ids: z.array(Name).max(MAX_IDS, `names more than ${MAX_IDS}`).default([]),
    code: Name.nullish().transform((code) => code ?? undefined),
    reason: Reason,
  })
  .refine(({ ids, code }) => ids.length > 0 || code !== undefined, 'name letters by ids, or a code')
  .refine(({ action, reason }) => action !== 'drop' || reason !== null, {
    path: ['reason'],
    message: 'is missing: say why, for the audit',
  });

const heldChange = (mends: 'retry' | 'release', needsReason: boolean) =>
  z
    .object({
      action: z.enum([mends, 'drop'], `is ${mends} or drop`),
      /** ARNs, or digests where the ARN is not known. */
      executions: z.array(Name).min(1, 'names nothing').max(MAX_IDS, `names more than ${MAX_IDS}`),
      reason: Reason,
    })
    .refine(({ action, reason }) => (action !== 'drop' && !needsReason) || reason !== null, {
      path: ['reason'],
      message: 'is missing: say why, for the audit',
    });
export const ParkedChange = heldChange('retry', false);
export const QuarantineChange = heldChange('release', true);

const Selection = z.object({
  what: Name.nullish().transform((what) => what ?? null),
  from: OperatorInstant.nullish().transform((from) => from ?? null),
  to: OperatorInstant.nullish().transform((to) => to ?? null),
  all: z.boolean().default(false),
  allEpochs: z.boolean().default(false),
});
export const PlanRequest = Selection.refine(
  ({ what, from, to, all }) => what !== null || from !== null || to !== null || all,
  'name what to replay, or a time, or everybody with all',
).refine(({ from, to }) => from === null || to === null || from <= to, 'from is after to');

const Offset = z.number().int().min(0);
/** As the plan answered it. */
const Planned = z.object({
  what: Name.nullable(),
  from: OperatorInstant.nullable(),
  to: OperatorInstant,
  allEpochs: z.boolean(),
});
const Cursor = z.object({
  reached: z.object({ stream: z.string().max(MAX_NAME), offset: Offset }).nullable(),
  restored: z.string().max(100).nullable(),
  published: Offset,
  change: z.string().regex(/^[0-9A-Za-z-]{1,64}$/, 'is no ID of a change'),
});
export const StepRequest = z.object({
  selection: Planned,
  cursor: Cursor.nullable(),
  /** The first step of a replay that had stopped and goes on, which the audit says. */
  resumed: z.boolean().default(false),
  rate: z.number('is no number').min(1, 'is at least 1').max(1_000, 'is at most 1000').default(50),
  reason: Reason,
});
export const StopRequest = z.object({ selection: Planned, cursor: Cursor, reason: Reason });

/** A query or a body that is read already. @throws UsageError naming each part that is wrong */
export function readRequest<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')} ${message}`))
      .join('; '),
  );
}

/** A body. @throws UsageError */
export function readBody<S extends z.ZodType>(schema: S, body: string | undefined): z.output<S> {
  const json = parseJson(z.unknown(), body ?? '');
  if (!json.ok) throw new UsageError('the body is no JSON');
  return readRequest(schema, json.value);
}
