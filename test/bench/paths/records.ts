import { gunzipSync } from 'node:zlib';

/** What the ceiling, its twin and the naive model read of a log record. */
export interface BareRecord {
  readonly id: string;
  readonly type: string;
  readonly previous_event_id: string;
  readonly event_timestamp: string;
  readonly execution_arn: string;
  readonly details: { readonly name?: string; readonly input?: string };
}

export interface Owner {
  readonly identityId: string;
  readonly upload: string;
}

/** Only the key that counts is checked: these paths are lower bounds of the work, a full check would be ours. */
function has<K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> {
  return typeof value === 'object' && value !== null && key in value;
}

function isBatch(value: unknown): value is { readonly logEvents: readonly { readonly message: string }[] } {
  return has(value, 'logEvents');
}

function isRecord(value: unknown): value is BareRecord {
  return has(value, 'execution_arn');
}

/** Unzips and parses a payload, and each record in it. */
export function decode(data: string): BareRecord[] {
  const batch: unknown = JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString('utf8'));
  if (!isBatch(batch)) throw new Error('not a subscription payload');
  const records: BareRecord[] = [];
  for (const { message } of batch.logEvents) {
    const record: unknown = JSON.parse(message);
    if (isRecord(record)) records.push(record);
  }
  return records;
}

export function ownerIn(input: string | undefined): Owner | undefined {
  if (input === undefined) return undefined;
  const event: unknown = JSON.parse(input);
  const detail = has(event, 'detail') ? event.detail : undefined;
  const object = has(detail, 'object') ? detail.object : undefined;
  const key = has(object, 'key') && typeof object.key === 'string' ? object.key : '';
  const identityId = key.split('/')[1];
  return identityId === undefined ? undefined : { identityId, upload: String(key.length) };
}

/** About 300 bytes, as one event in a message of its own would be. */
export function messageOf(record: BareRecord, owner: Owner): string {
  return JSON.stringify({
    executionArn: record.execution_arn,
    id: Number(record.id),
    previousEventId: Number(record.previous_event_id),
    type: record.type,
    name: record.details.name ?? '',
    time: Number(record.event_timestamp),
    identityId: owner.identityId,
    upload: owner.upload,
    status: 'RUNNING',
  });
}

/** Whose an execution is, from its first record on until its last. */
export class Owners {
  readonly #owners = new Map<string, Owner>();

  get(executionArn: string): Owner | undefined {
    return this.#owners.get(executionArn);
  }

  of(record: BareRecord): Owner {
    const arn = record.execution_arn;
    let owner = this.#owners.get(arn);
    if (owner === undefined) {
      owner = ownerIn(record.details.input) ?? { identityId: 'unknown', upload: '' };
      this.#owners.set(arn, owner);
    }
    if (record.type === 'ExecutionSucceeded') this.#owners.delete(arn);
    return owner;
  }
}
