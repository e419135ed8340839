import type { ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import {
  ArnBody,
  CORRELATION_KEYS,
  correlationKeys,
  OwnerBody,
  ParkedBody,
  WatchedBody,
} from '@stepcast/wire';
import type { OperatorTable } from '../ports.ts';
import { bodyOf } from './items.ts';

/** All that the correlator has stored of one execution. */
export interface StoredExecution {
  readonly executionArn: ExecutionArn;
  readonly owner: OwnerBody | undefined;
  /** The body of the owner's item as it is stored. */
  readonly ownerText: string | undefined;
  readonly parked: readonly ParkedBody[];
  readonly children: readonly ExecutionArn[];
  /** Since when it is watched; `undefined`: it is over, or nothing is known. */
  readonly watchedSinceMs: number | undefined;
}

export async function storedExecution(
  table: Pick<OperatorTable, 'get' | 'query'>,
  executionArn: ExecutionArn,
): Promise<StoredExecution> {
  const digest = hexDigest(executionArn);
  let owner: OwnerBody | undefined;
  let ownerText: string | undefined;
  const parked: ParkedBody[] = [];
  const children: ExecutionArn[] = [];
  for await (const item of table.query(correlationKeys.execution(digest))) {
    if (item.sk === CORRELATION_KEYS.owner) {
      owner = bodyOf(OwnerBody, item);
      const { body } = item.attributes;
      ownerText = body !== undefined && 'S' in body ? body.S : undefined;
    } else if (item.sk.startsWith(CORRELATION_KEYS.parkedPrefix)) parked.push(bodyOf(ParkedBody, item));
    else if (item.sk.startsWith(CORRELATION_KEYS.childPrefix))
      children.push(bodyOf(ArnBody, item).executionArn);
  }
  const watchKey = correlationKeys.watch(digest);
  const watch = await table.get(watchKey.pk, watchKey.sk);
  return {
    executionArn,
    owner,
    ownerText,
    parked,
    children,
    watchedSinceMs: watch === undefined ? undefined : bodyOf(WatchedBody, watch).sinceMs,
  };
}

/** How many records are parked, which ids, since when. */
export interface ParkedSummary {
  readonly records: number;
  readonly statuses: number;
  readonly firstId: number | null;
  readonly lastId: number | null;
  readonly since: string | null;
  readonly why: string;
}

const PARENT_AWAITED = 'its input names a parent execution, whose owner is not proven yet';

/** Whether a key names an identity only once it is decoded: S3 notifications spell keys as forms do, and some workflows pass that on. */
function isStillEncoded(key: string): boolean {
  return !key.includes(':') && /%3a/i.test(key);
}

/** Why records of an execution wait, in words that say what is missing. */
export function whyParked({ owner, parked }: Pick<StoredExecution, 'owner' | 'parked'>): string {
  switch (owner?.kind) {
    case 'owned': {
      const first = Math.min(...parked.flatMap(({ records }) => records.map(({ id }) => id)));
      return Number.isFinite(first)
        ? `a record before id ${first} has not come in; it is looked for in the execution history, else a gap is declared`
        : 'a status waits for records that have not come in';
    }
    case 'quarantined':
      return `quarantined: ${owner.reason}; nothing is published`;
    case 'unowned':
      return `given up: ${owner.reason}`;
    case 'waiting':
    case undefined: {
      const evidence = parked.map((item) => item.evidence).find((one) => one !== undefined);
      if (evidence?.parent !== undefined) return PARENT_AWAITED;
      if (evidence?.object !== undefined)
        return `no owner is proven: the input names s3://${evidence.object.bucket}/${evidence.object.key}, ${isStillEncoded(evidence.object.key) ? 'whose key is still URL-encoded: %3A where an identity ID has its colon' : 'whose key, bucket or version proves none yet'}`;
      return parked.some(({ inputSeen }) => inputSeen)
        ? 'no owner is proven: the input of the execution names no uploaded object'
        : 'no owner is proven: the input of the execution has not come in (is includeExecutionData on?)';
    }
  }
}

export function parkedSummary(stored: Pick<StoredExecution, 'owner' | 'parked'>): ParkedSummary | null {
  const { parked } = stored;
  if (parked.length === 0) return null;
  const ids = parked.flatMap(({ records }) => records.map(({ id }) => id));
  return {
    records: ids.length,
    statuses: parked.reduce((sum, { statuses }) => sum + statuses.length, 0),
    firstId: ids.length === 0 ? null : Math.min(...ids),
    lastId: ids.length === 0 ? null : Math.max(...ids),
    since: new Date(Math.min(...parked.map(({ parkedMs }) => parkedMs))).toISOString(),
    why: whyParked(stored),
  };
}
