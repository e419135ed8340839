import { Epoch, executionArnParts, IdentityId, UploadId, type ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_KEYS, type OwnerBody } from '@stepcast/wire';
import type { Operator } from '../operator.ts';
import { DataInvalidError } from '../errors.ts';
import type { OperatorTable } from '../ports.ts';
import { entryOf, eventsOf, stateOf } from '../reading/streams.ts';
import { storedExecution } from '../reading/waiting.ts';
import { resendParked } from './resend-parked.ts';

const RETENTION_SECONDS = 30 * 86_400;
type Owned = Extract<OwnerBody, { readonly kind: 'owned' }>;

/**
 * Ends a quarantine. The execution goes back to the owner whose stream it is in already; where it is in none, its proofs are
 * weighed anew, which quarantines it again unless what they disagreed about was mended.
 * @returns what came of it; `undefined`: it is not quarantined (any more)
 */
export async function releaseQuarantine(
  operator: Operator,
  executionArn: ExecutionArn,
): Promise<string | undefined> {
  const { table, clock } = operator;
  const stored = await storedExecution(table, executionArn);
  if (stored.owner?.kind !== 'quarantined' || stored.ownerText === undefined) return undefined;
  const pk = correlationKeys.execution(hexDigest(executionArn));
  const owner = await ownerByStream(table, executionArn);
  const changed =
    owner === undefined
      ? await table.delete(pk, CORRELATION_KEYS.owner, stored.ownerText)
      : await table.replace(
          {
            [JOURNAL_KEYS.partition]: { S: pk },
            [JOURNAL_KEYS.sort]: { S: CORRELATION_KEYS.owner },
            [JOURNAL_KEYS.body]: { S: JSON.stringify(owner) },
            [JOURNAL_KEYS.expiresAt]: { N: String(Math.floor(clock.nowMs() / 1_000) + RETENTION_SECONDS) },
          },
          stored.ownerText,
        );
  if (!changed) return undefined;
  const to = owner === undefined ? 'its proofs are weighed anew' : `released to ${owner.identityId}`;
  return stored.parked.length === 0
    ? to
    : `${to}; ${await resendParked(operator, executionArn, stored.parked)}`;
}

/** The owner of the stream in which the execution has events. */
async function ownerByStream(table: OperatorTable, executionArn: ExecutionArn): Promise<Owned | undefined> {
  const contains = { attribute: 'events', text: `"${executionArn}"` };
  for await (const item of table.scan({ pkPrefix: 'stream#', contains })) {
    const entry = entryOf(item);
    if (!eventsOf(entry).some((event) => event.executionArn === executionArn)) continue;
    const [, identity, upload, token] = item.pk.split('#');
    const [identityId, uploadId, epoch] = [
      IdentityId.safeParse(identity),
      UploadId.safeParse(upload),
      Epoch.safeParse(token),
    ];
    if (!identityId.success || !uploadId.success || !epoch.success)
      throw new DataInvalidError(`${item.pk} is no partition of a stream`);
    const stream = [];
    for await (const one of table.query(item.pk)) stream.push(entryOf(one));
    const state = stateOf(stream);
    if (state === undefined) return undefined;
    return {
      kind: 'owned',
      identityId: identityId.data,
      bucket: state.bucket,
      key: state.key,
      uploadId: uploadId.data,
      epoch: epoch.data,
      epochStartedAt: state.epochStartedAt,
      source: executionArnParts(executionArn).stateMachineArn,
      nested: state.executions.some((one) => one.executionArn === executionArn && one.nested === true),
      proofs: ['operator'],
    };
  }
  return undefined;
}
