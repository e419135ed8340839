import {
  epochOf,
  isExecutionArn,
  uploadIdOf,
  type ExecutionArn,
  type IdentityId,
  type UploadId,
} from '@stepcast/contracts';
import type { Report, ReportedUpload, ReportTarget } from '@stepcast/wire';
import { hasEnded, type ExecutionFold } from '../domain/execution-fold.ts';
import type { OwnershipRules } from '../domain/ownership.ts';
import { visitOfReport } from '../domain/reports.ts';
import type { StreamHead } from '../domain/stream-head.ts';
import type { KnownEpoch } from '../domain/upload-object.ts';
import type { UploadStore } from '../ports/upload-store.port.ts';
import { machineOf } from './machine-refs.ts';
import type { StreamWriter } from './stream-writer.ts';

/** The execution that a report is about, or why there is none: `early`, there may be one later. */
export type Reported = ExecutionArn | 'early' | 'ambiguous' | 'ended';

export type FindReported = (target: ReportTarget, report: Report) => Promise<Reported>;

/** Versions of an upload that are considered, from the newest on, where a report names none. */
const MAX_VERSIONS = 3;

/**
 * Finds the execution that a report is about. Of an upload it is one in the stream that the upload has already. Nothing that
 * a report says makes a stream somebody's: only whose streams there are of this very bucket and key is looked up.
 */
export function createFindReported(options: {
  readonly uploads: Pick<UploadStore, 'known' | 'epochs'>;
  readonly writer: Pick<StreamWriter, 'peek'>;
  readonly rules: OwnershipRules;
}): FindReported {
  const { uploads, writer, rules } = options;

  /** Everybody who may have a stream of the upload. */
  async function peopleOf(
    { bucket, key }: ReportedUpload,
    uploadId: UploadId,
  ): Promise<ReadonlySet<IdentityId>> {
    const { callers, firstVersion } = await uploads.known(uploadId);
    const people = new Set(callers.map(({ identityId }) => identityId));
    if (firstVersion !== undefined) people.add(firstVersion.identityId);
    const owner = rules.keyTemplate.ownerOf(key);
    if (rules.buckets.has(bucket) && owner.kind === 'identity') people.add(owner.identityId);
    return people;
  }

  async function versionsOf(upload: ReportedUpload): Promise<readonly KnownEpoch[] | 'ambiguous'> {
    const uploadId = uploadIdOf(upload.bucket, upload.key);
    const people = [...(await peopleOf(upload, uploadId))];
    const all = (await Promise.all(people.map((one) => uploads.epochs(one, uploadId)))).flat();
    const epoch = epochOf({ versionId: upload.versionId });
    const meant = epoch === undefined ? all : all.filter((one) => one.epoch === epoch);
    // What one person's task says must not reach another who wrote the same key.
    if (new Set(meant.map(({ identityId }) => identityId)).size > 1) return 'ambiguous';
    return meant
      .toSorted((one, other) => (one.epochStartedAt < other.epochStartedAt ? 1 : -1))
      .slice(0, MAX_VERSIONS);
  }

  return async ({ executionArn, upload }, report) => {
    if (executionArn !== undefined) return machineOf(executionArn).isMapRunChild ? 'ended' : executionArn;
    const versions = await versionsOf(upload);
    if (versions === 'ambiguous') return versions;
    for (const { identityId, uploadId, epoch, epochStartedAt } of versions) {
      const { bucket, key } = upload;
      const found = executionIn(
        await writer.peek({ identityId, uploadId, epoch, epochStartedAt, bucket, key }),
        report,
      );
      if (found !== 'early') return found;
    }
    return 'early';
  };
}

/** Of nested executions the one that works: the Task around it only waits. */
function executionIn({ folds }: StreamHead, report: Report): ExecutionArn | 'early' | 'ambiguous' {
  const running = [...folds].filter(([, fold]) => !hasEnded(fold));
  const nested = onlyOne(
    running.filter(([, fold]) => fold.nested),
    report,
  );
  return nested === 'early'
    ? onlyOne(
        running.filter(([, fold]) => !fold.nested),
        report,
      )
    : nested;
}

function onlyOne(
  folds: readonly (readonly [arn: string, fold: ExecutionFold])[],
  report: Report,
): ExecutionArn | 'early' | 'ambiguous' {
  let found: ExecutionArn | undefined;
  for (const [arn, fold] of folds) {
    const visit = visitOfReport(fold, report);
    if (visit === 'early' || !isExecutionArn(arn)) continue;
    if (visit === 'ambiguous' || found !== undefined) return 'ambiguous';
    found = arn;
  }
  return found ?? 'early';
}
