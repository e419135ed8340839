import type { ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, OwnerBody, ParkedBody, WatchedBody } from '@stepcast/wire';
import type { OperatorTable } from '../ports.ts';
import { bodyOf } from './items.ts';
import { entryOf, eventsOf } from './streams.ts';
import type { StoredExecution } from './waiting.ts';

/** An execution of which something is parked, or that is quarantined or given up. */
export interface HeldExecution extends Pick<StoredExecution, 'owner' | 'parked'> {
  readonly digest: string;
  /** `undefined`: only the digest of it is known. */
  readonly executionArn: ExecutionArn | undefined;
}

/** All of them, by a scan of the table. */
export async function heldExecutions(table: OperatorTable): Promise<readonly HeldExecution[]> {
  const parked = new Map<string, ParkedBody[]>();
  for await (const item of table.scan({ pkPrefix: 'execution#', skPrefix: CORRELATION_KEYS.parkedPrefix })) {
    const digest = item.pk.slice('execution#'.length);
    parked.set(digest, [...(parked.get(digest) ?? []), bodyOf(ParkedBody, item)]);
  }
  const owners = new Map<string, OwnerBody>();
  for await (const item of table.scan({ pkPrefix: 'execution#', sk: CORRELATION_KEYS.owner }))
    owners.set(item.pk.slice('execution#'.length), bodyOf(OwnerBody, item));
  const digests = new Set(parked.keys());
  for (const [digest, { kind }] of owners)
    if (kind === 'quarantined' || kind === 'unowned') digests.add(digest);
  const arns = await arnsOf(table, digests, owners);
  return [...digests].map((digest) => ({
    digest,
    executionArn: arns.get(digest),
    owner: owners.get(digest),
    parked: parked.get(digest) ?? [],
  }));
}

/** Keys hold digests of ARNs. The ARNs themselves stand on the watch list, with what emits nothing, and in streams. */
async function arnsOf(
  table: OperatorTable,
  digests: ReadonlySet<string>,
  owners: ReadonlyMap<string, OwnerBody>,
): Promise<ReadonlyMap<string, ExecutionArn>> {
  const arns = new Map<string, ExecutionArn>();
  const missing = new Set(digests);
  const found = (digest: string, arn: ExecutionArn) => {
    if (missing.delete(digest)) arns.set(digest, arn);
  };
  for (const [digest, owner] of owners)
    if ('executionArn' in owner && owner.executionArn !== undefined) found(digest, owner.executionArn);
  if (missing.size === 0) return arns;
  for await (const item of table.scan({ pkPrefix: 'watch#' }))
    found(item.sk, bodyOf(WatchedBody, item).executionArn);
  if (missing.size === 0) return arns;
  for await (const item of table.scan({ pkPrefix: 'stream#' })) {
    for (const { executionArn } of eventsOf(entryOf(item)))
      if (executionArn !== undefined) found(hexDigest(executionArn), executionArn);
    if (missing.size === 0) break;
  }
  return arns;
}
