import type { IdentityId, UploadId } from '@stepcast/contracts';
import { AmbiguousSubjectError, UnknownSubjectError } from '../errors.ts';
import type { OperatorTable } from '../ports.ts';
import { linesOf } from './streams.ts';
import { findSubject, nameAsGiven, nameOfSubject, ownerOf, ownersOf } from './subjects.ts';

export interface FoundUpload {
  readonly identityId: IdentityId;
  readonly uploadId: UploadId;
}

export interface FoundUploads {
  /** What was named, in full. */
  readonly name: string;
  readonly kind: 'identity' | 'upload' | 'execution';
  readonly uploads: readonly FoundUpload[];
  /** Where an execution was named: that one. */
  readonly executionArn: string | undefined;
}

/**
 * The uploads that a text stands for: those of an identity, one by its address or ID, or that of an execution.
 * @throws UsageError, UnknownSubjectError, AmbiguousSubjectError
 */
export async function findUploads(table: OperatorTable, text: string): Promise<FoundUploads> {
  const subject = await findSubject(table, text);
  const name = nameOfSubject(subject);
  const found = await uploadsOf(table, subject);
  if (found.length === 0)
    throw new UnknownSubjectError(`nothing is in the journal of ${nameAsGiven(subject, text)}`);
  return {
    name,
    kind: subject.kind,
    uploads: found,
    executionArn: subject.kind === 'execution' ? subject.executionArn : undefined,
  };
}

/**
 * The one upload that a text stands for.
 * @throws what {@link findUploads} throws; AmbiguousSubjectError with their IDs where it stands for several, as an identity does
 */
export async function findOneUpload(table: OperatorTable, text: string): Promise<FoundUpload> {
  const { uploads } = await findUploads(table, text);
  const [only] = uploads;
  if (only !== undefined && uploads.length === 1) return only;
  throw new AmbiguousSubjectError(
    text,
    uploads.map(({ uploadId }) => uploadId),
  );
}

async function uploadsOf(
  table: OperatorTable,
  subject: Awaited<ReturnType<typeof findSubject>>,
): Promise<readonly FoundUpload[]> {
  switch (subject.kind) {
    case 'identity': {
      const { identityId } = subject;
      return (await linesOf(table, identityId)).map(({ uploadId }) => ({ identityId, uploadId }));
    }
    case 'upload': {
      const { uploadId } = subject;
      return (await ownersOf(table, uploadId)).map((identityId) => ({ identityId, uploadId }));
    }
    case 'execution': {
      const owner = await ownerOf(table, subject.executionArn);
      return owner?.kind === 'owned' ? [{ identityId: owner.identityId, uploadId: owner.uploadId }] : [];
    }
  }
}
