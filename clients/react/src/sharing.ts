import type { Overview, UploadState } from '@stepcast/contracts';

/** Whether two values that came out of JSON say the same. Errors and other objects with a class are equal to themselves only. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item: unknown, index) => sameValue(item, other[index]))
    );
  if (!isRecord(one) || !isRecord(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameValue(one[name], other[name]))
  );
}

/** Two snapshots of the same shape whose members are the very same: the older one, so that nobody renders for it. */
export function shareSnapshot<Snapshot extends object>(before: Snapshot, now: Snapshot): Snapshot {
  const others = new Map<string, unknown>(Object.entries(before));
  return Object.entries(now).every(([name, value]) => Object.is(value, others.get(name))) ? before : now;
}

/** The newer state, made of as many objects of the older one as say the same. */
export function shareState(before: UploadState | null, now: UploadState | null): UploadState | null {
  if (before === null || now === null) return now;
  if (sameValue(before, now)) return before;
  return {
    ...now,
    steps: shareList(before.steps, now.steps, ({ name }) => name),
    executions: shareList(before.executions, now.executions, ({ executionArn }) => executionArn),
    error: sameValue(before.error, now.error) ? before.error : now.error,
    ...(now.result === undefined
      ? {}
      : { result: sameValue(before.result, now.result) ? before.result : now.result }),
  };
}

/** The newer overview, made of as many objects of the older one as say the same. */
export function shareOverview(before: Overview | null, now: Overview | null): Overview | null {
  if (before === null || now === null) return now;
  if (sameValue(before, now)) return before;
  return { ...now, uploads: shareList(before.uploads, now.uploads, ({ uploadId }) => uploadId) };
}

function shareList<Item>(before: Item[], now: Item[], nameOf: (item: Item) => string): Item[] {
  const known = new Map(before.map((item) => [nameOf(item), item]));
  const shared = now.map((item) => {
    const old = known.get(nameOf(item));
    return old !== undefined && sameValue(old, item) ? old : item;
  });
  return shared.length === before.length && shared.every((item, index) => item === before[index])
    ? before
    : shared;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
