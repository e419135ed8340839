import { base32Digest } from '@stepcast/contracts';
import type { ExecutionRecord, InputEvidence } from '@stepcast/wire';
import type { StatusFact } from './fold-status.ts';

/**
 * What is parked for an execution until it can be released: its owner is not proven yet, or something before it is
 * missing, or it emits nothing by itself. Inputs are not parked, only the evidence found in them.
 */
export interface ParkedItem {
  /** Made of the content, so that the same batch parked twice is parked once. */
  readonly key: string;
  readonly parkedMs: number;
  readonly records: readonly ExecutionRecord[];
  readonly statuses: readonly StatusFact[];
  readonly evidence: InputEvidence | undefined;
  /** An input was seen, whether or not it said anything: asking for it again would not help. */
  readonly inputSeen: boolean;
}

function withoutInput(record: ExecutionRecord): ExecutionRecord {
  if (record.details.input === undefined) return record;
  return { ...record, details: { ...record.details, input: undefined } };
}

export function parkedItem(item: Omit<ParkedItem, 'key'>): ParkedItem {
  const ids = item.records.map((record) => `${record.redriveCount}.${record.id}`);
  const statuses = item.statuses.map((fact) => `${fact.status}.${fact.redriveCount}`);
  return {
    ...item,
    records: item.records.map(withoutInput),
    key: base32Digest(`${ids.join(',')}\n${statuses.join(',')}\n${item.inputSeen ? 'input' : ''}`, 26),
  };
}

/** Records of one item at most, so that it stays far below DynamoDB's 400 KB: a record without input is under 2 KB. */
export const MAX_PARKED_RECORDS = 100;
/** Projections can make records larger; this bounds an item by size as well. */
const MAX_PARKED_BYTES = 250_000;

/** Cuts records into pieces that each fit one item. */
export function pieces(records: readonly ExecutionRecord[]): ExecutionRecord[][] {
  const all: ExecutionRecord[][] = [];
  let current: ExecutionRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = JSON.stringify(withoutInput(record)).length * 3;
    if (current.length >= MAX_PARKED_RECORDS || (current.length > 0 && bytes + size > MAX_PARKED_BYTES)) {
      all.push(current);
      current = [];
      bytes = 0;
    }
    current.push(record);
    bytes += size;
  }
  if (current.length > 0) all.push(current);
  return all;
}

/**
 * Cuts records into runs of consecutive ids, each of which fits one item. What is parked together can then also be
 * released together: an item never waits for its second half.
 */
export function runs(records: readonly ExecutionRecord[]): ExecutionRecord[][] {
  const all: ExecutionRecord[][] = [];
  for (const record of records.toSorted((one, other) => one.id - other.id)) {
    const current = all.at(-1);
    if (current?.at(-1)?.id === record.id - 1) current.push(record);
    else all.push([record]);
  }
  return all.flatMap(pieces);
}
