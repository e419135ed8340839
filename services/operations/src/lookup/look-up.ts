import {
  ExecutionArn,
  type IdentityId,
  type OverviewEntry,
  type ProgressEvent,
  type TopicSpace,
  type UploadId,
} from '@stepcast/contracts';
import { ArnBody, correlationKeys } from '@stepcast/wire';
import { UnknownSubjectError } from '../errors.ts';
import type { OperatorTable } from '../ports.ts';
import { bodyOf } from '../reading/items.ts';
import { entriesOf, epochsOf, eventsOf, holesIn, linesOf, stateOf } from '../reading/streams.ts';
import { findSubject, nameAsGiven, ownersOf } from '../reading/subjects.ts';
import { parkedSummary, storedExecution, type ParkedSummary } from '../reading/waiting.ts';
import { proofsOf, type Proof } from './confidence.ts';

export interface ExecutionView {
  readonly executionArn: string;
  readonly status: string | null;
  readonly nested: boolean;
  readonly owner: 'owned' | 'waiting' | 'quarantined' | 'unowned' | 'unknown';
  /** Why it is quarantined or given up. */
  readonly reason: string | null;
  readonly proofs: readonly Proof[];
  readonly parked: ParkedSummary | null;
  readonly watchedSince: string | null;
  readonly waitingChildren: readonly string[];
}

export interface EpochView {
  readonly epoch: string;
  readonly epochStartedAt: string;
  readonly newest: boolean;
  readonly status: string | null;
  readonly percent: number | null;
  readonly error: { readonly name: string; readonly message?: string | undefined } | null;
  readonly firstOffset: number | null;
  readonly lastOffset: number | null;
  readonly entries: number;
  readonly updatedAt: string | null;
  /** Offsets that the journal does not have (any more). */
  readonly missingOffsets: readonly (readonly [number, number])[];
  /** Records that never came, as the stream itself says. */
  readonly gaps: readonly NonNullable<ProgressEvent['gap']>[];
  readonly executions: readonly ExecutionView[];
}

export interface UploadView {
  readonly identityId: string;
  readonly uploadId: string;
  readonly bucket: string | null;
  readonly key: string | null;
  readonly topics: { readonly events: string; readonly state: string; readonly overview: string };
  readonly epochs: readonly EpochView[];
  /** Executions that wait for a version of this upload. */
  readonly waitingForVersion: readonly string[];
}

export interface IdentityView {
  readonly identityId: string;
  readonly overviewTopic: string;
  readonly uploads: readonly OverviewEntry[];
}

export type LookUp =
  | { readonly kind: 'upload'; readonly uploads: readonly UploadView[] }
  | { readonly kind: 'execution'; readonly execution: ExecutionView; readonly upload: UploadView | null }
  | { readonly kind: 'identity'; readonly identity: IdentityView };

interface Needs {
  readonly table: OperatorTable;
  readonly topics: TopicSpace;
}

/**
 * Reads the whole correlation of what a text names from the journal table.
 * @throws UsageError, UnknownSubjectError, AmbiguousSubjectError, and what the table throws
 */
export async function lookUp(needs: Needs, text: string): Promise<LookUp> {
  const { table, topics } = needs;
  const subject = await findSubject(table, text);
  const unknown = (why: string) =>
    new UnknownSubjectError(`nothing is known of ${nameAsGiven(subject, text)}: ${why}`);
  switch (subject.kind) {
    case 'identity': {
      const uploads = await linesOf(table, subject.identityId);
      if (uploads.length === 0)
        throw unknown('no upload of this identity is in the journal, or all have expired');
      const { identityId } = subject;
      return {
        kind: 'identity',
        identity: { identityId, overviewTopic: topics.build({ kind: 'overview', identityId }), uploads },
      };
    }
    case 'upload': {
      const owners = await ownersOf(table, subject.uploadId);
      const views = await Promise.all(
        owners.map((identityId) => viewUpload(needs, identityId, subject.uploadId)),
      );
      const waiting = owners.length === 0 ? await waitingFor(table, subject.uploadId) : [];
      const uploads = views.filter(({ epochs }) => epochs.length > 0);
      if (uploads.length === 0)
        throw unknown(
          waiting.length === 0
            ? 'it was never uploaded, its events have not come in, or it has expired'
            : `no version of it has come in; waiting for one: ${waiting.join(', ')}`,
        );
      return { kind: 'upload', uploads };
    }
    case 'execution': {
      const stored = await storedExecution(table, subject.executionArn);
      if (stored.owner === undefined && stored.parked.length === 0 && stored.watchedSinceMs === undefined)
        throw unknown('no log record, status or upload event of it has come in, or it has expired');
      const upload =
        stored.owner?.kind === 'owned'
          ? await viewUpload(needs, stored.owner.identityId, stored.owner.uploadId)
          : null;
      const known = upload?.epochs
        .flatMap(({ executions }) => executions)
        .find(({ executionArn }) => executionArn === subject.executionArn);
      return {
        kind: 'execution',
        execution: known ?? (await viewExecution(table, subject.executionArn, null)),
        upload,
      };
    }
  }
}

async function waitingFor(table: OperatorTable, uploadId: UploadId): Promise<readonly string[]> {
  const arns: string[] = [];
  for await (const item of table.query(correlationKeys.waiting(uploadId)))
    arns.push(bodyOf(ArnBody, item).executionArn);
  return arns;
}

async function viewExecution(
  table: OperatorTable,
  executionArn: ExecutionArn,
  status: string | null,
): Promise<ExecutionView> {
  const stored = await storedExecution(table, executionArn);
  const { owner, children, watchedSinceMs } = stored;
  return {
    executionArn,
    status,
    nested: owner?.kind === 'owned' && owner.nested,
    owner: owner?.kind ?? 'unknown',
    reason: owner !== undefined && 'reason' in owner ? owner.reason : null,
    proofs: owner?.kind === 'owned' ? proofsOf(owner.proofs) : [],
    parked: parkedSummary(stored),
    watchedSince: watchedSinceMs === undefined ? null : new Date(watchedSinceMs).toISOString(),
    waitingChildren: children,
  };
}

async function viewUpload(
  { table, topics }: Needs,
  identityId: IdentityId,
  uploadId: UploadId,
): Promise<UploadView> {
  const epochs = await epochsOf(table, identityId, uploadId);
  let address: { readonly bucket: string; readonly key: string } | undefined;
  const views: EpochView[] = [];
  for (const [index, { epoch, epochStartedAt }] of epochs.entries()) {
    const entries = await entriesOf(table, { identityId, uploadId, epoch });
    const state = stateOf(entries);
    if (state !== undefined) address = { bucket: state.bucket, key: state.key };
    const executions = await Promise.all(
      (state?.executions ?? []).map((one) =>
        viewExecution(table, ExecutionArn.parse(one.executionArn), one.status),
      ),
    );
    views.push({
      epoch,
      epochStartedAt,
      newest: index === epochs.length - 1,
      status: state?.status ?? null,
      percent: state?.percent ?? null,
      error: state?.error ?? null,
      firstOffset: entries[0]?.firstOffset ?? null,
      lastOffset: entries.at(-1)?.lastOffset ?? null,
      entries: entries.length,
      updatedAt: state?.updatedAt ?? null,
      missingOffsets: holesIn(entries),
      gaps: entries.flatMap(eventsOf).flatMap(({ gap }) => (gap === undefined ? [] : [gap])),
      executions,
    });
  }
  const waitingForVersion = await waitingFor(table, uploadId);
  return {
    identityId,
    uploadId,
    bucket: address?.bucket ?? null,
    key: address?.key ?? null,
    topics: {
      events: topics.build({ kind: 'events', identityId, uploadId }),
      state: topics.build({ kind: 'state', identityId, uploadId }),
      overview: topics.build({ kind: 'overview', identityId }),
    },
    epochs: views,
    waitingForVersion,
  };
}
