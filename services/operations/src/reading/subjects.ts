import {
  addressOf,
  ExecutionArn,
  IdentityId,
  looksLikeUserPoolSub,
  UploadId,
  uploadIdOf,
} from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import {
  CORRELATION_KEYS,
  correlationKeys,
  JOURNAL_KEYS,
  journalKeys,
  OwnerBody,
  TouchBody,
  WatchedBody,
} from '@stepcast/wire';
import { AmbiguousSubjectError, MAX_CANDIDATES, UnknownSubjectError, UsageError } from '../errors.ts';
import type { OperatorTable } from '../ports.ts';
import { bodyOf } from './items.ts';
import { entryOf, eventsOf } from './streams.ts';

/** What an operator names. */
export type Subject =
  | { readonly kind: 'identity'; readonly identityId: IdentityId }
  | { readonly kind: 'upload'; readonly uploadId: UploadId }
  | { readonly kind: 'execution'; readonly executionArn: ExecutionArn }
  /** The beginning of one of these, or of an execution's name. */
  | { readonly kind: 'beginning'; readonly text: string };

const MIN_BEGINNING = 3;

/** @throws UsageError for a text that can be none of these */
export function subjectOf(text: string): Subject {
  const given = text.trim();
  if (given.startsWith('s3://')) {
    const address = addressOf(given);
    if (address === undefined) throw new UsageError(`${given} is no object such as s3://bucket/key`);
    return { kind: 'upload', uploadId: uploadIdOf(address.bucket, address.key) };
  }
  const executionArn = ExecutionArn.safeParse(given);
  if (executionArn.success) return { kind: 'execution', executionArn: executionArn.data };
  const identityId = IdentityId.safeParse(given);
  if (identityId.success) return { kind: 'identity', identityId: identityId.data };
  const uploadId = UploadId.safeParse(given);
  if (uploadId.success) return { kind: 'upload', uploadId: uploadId.data };
  if (looksLikeUserPoolSub(given))
    throw new UsageError(
      `${given} is a GUID without a region: a user-pool sub, not an identity ID. Identity IDs look like us-east-1:${given}`,
    );
  if (given.length < MIN_BEGINNING)
    throw new UsageError(
      `"${given}" is too short; give an identity ID, an execution ARN, s3://bucket/key, an upload ID, or at least ${MIN_BEGINNING} characters of one`,
    );
  return { kind: 'beginning', text: given };
}

export function nameOfSubject(subject: Subject): string {
  switch (subject.kind) {
    case 'identity':
      return subject.identityId;
    case 'upload':
      return subject.uploadId;
    case 'execution':
      return subject.executionArn;
    case 'beginning':
      return subject.text;
  }
}

/** A subject in full, with the address behind which it stands where one was given: that shows a mistyped key. */
export function nameAsGiven(subject: Subject, text: string): string {
  const given = text.trim();
  return given.startsWith('s3://') ? `${given} (upload ${nameOfSubject(subject)})` : nameOfSubject(subject);
}

/**
 * Finds what a text stands for. A beginning takes a scan of the table.
 * @throws UsageError, UnknownSubjectError, AmbiguousSubjectError
 */
export async function findSubject(
  table: OperatorTable,
  text: string,
): Promise<Exclude<Subject, { readonly kind: 'beginning' }>> {
  const subject = subjectOf(text);
  if (subject.kind !== 'beginning') return subject;
  const candidates = await candidatesOf(table, subject.text);
  const [only] = candidates;
  if (only === undefined)
    throw new UnknownSubjectError(
      `nothing in the journal begins with "${subject.text}": no identity, no upload, no execution`,
    );
  if (candidates.length > 1) throw new AmbiguousSubjectError(subject.text, candidates.map(nameOfSubject));
  return only;
}

async function candidatesOf(
  table: OperatorTable,
  text: string,
): Promise<readonly Exclude<Subject, { readonly kind: 'beginning' }>[]> {
  const found = new Map<string, Exclude<Subject, { readonly kind: 'beginning' }>>();
  for await (const { pk } of table.scan({ pkPrefix: 'upload#' })) {
    const [, identity = '', upload = ''] = pk.split('#');
    const identityId = IdentityId.safeParse(identity).data;
    const uploadId = UploadId.safeParse(upload).data;
    if (identityId?.startsWith(text) === true) found.set(identityId, { kind: 'identity', identityId });
    if (uploadId?.startsWith(text) === true) found.set(uploadId, { kind: 'upload', uploadId });
    if (found.size > MAX_CANDIDATES) return [...found.values()];
  }
  const add = (arn: ExecutionArn | undefined) => {
    if (arn !== undefined && (arn.startsWith(text) || arn.slice(arn.lastIndexOf(':') + 1).startsWith(text)))
      found.set(arn, { kind: 'execution', executionArn: arn });
  };
  for await (const item of table.scan({ pkPrefix: 'watch#' })) add(bodyOf(WatchedBody, item).executionArn);
  // What emits nothing is not watched for ever, and has no stream: what was given up, and what is quarantined.
  for await (const item of table.scan({
    pkPrefix: 'execution#',
    sk: CORRELATION_KEYS.owner,
    contains: { attribute: JOURNAL_KEYS.body, text },
  })) {
    const owner = bodyOf(OwnerBody, item);
    if (owner.kind === 'unowned' || owner.kind === 'quarantined') add(owner.executionArn);
    if (found.size > MAX_CANDIDATES) break;
  }
  for await (const item of table.scan({ pkPrefix: 'stream#', contains: { attribute: 'events', text } })) {
    for (const { executionArn } of eventsOf(entryOf(item))) add(executionArn);
    if (found.size > MAX_CANDIDATES) break;
  }
  return [...found.values()];
}

/** The identities that have an upload of this address: usually one. */
export async function ownersOf(table: OperatorTable, uploadId: UploadId): Promise<readonly IdentityId[]> {
  const { pk, sk } = journalKeys.root(uploadId);
  const root = await table.get(pk, sk);
  const touch = root === undefined ? undefined : bodyOf(TouchBody, root);
  if (touch?.kind === 'version') return [touch.version.identityId];
  if (touch?.kind === 'caller') return [touch.caller.identityId];
  const owners = new Set<IdentityId>();
  const text = `#${uploadId}`;
  for await (const item of table.scan({ pkPrefix: 'upload#', contains: { attribute: 'pk', text } })) {
    const identityId = IdentityId.safeParse(item.pk.split('#')[1]).data;
    if (identityId !== undefined) owners.add(identityId);
  }
  return [...owners];
}

/** Who owns an execution, as far as the correlator has decided; `undefined`: it knows nothing of it. */
export async function ownerOf(
  table: Pick<OperatorTable, 'get'>,
  executionArn: ExecutionArn,
): Promise<OwnerBody | undefined> {
  const item = await table.get(correlationKeys.execution(hexDigest(executionArn)), CORRELATION_KEYS.owner);
  return item === undefined ? undefined : bodyOf(OwnerBody, item);
}
