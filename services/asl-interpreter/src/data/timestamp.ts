const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since the epoch of an ISO-8601 time with `T` and an offset, the only form that Step Functions takes;
 * undefined for any other text and for days and hours that do not exist.
 */
export function parseTimestamp(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = pattern.exec(text) ?? [];
  if (zone === undefined) return undefined;
  const milliseconds = `${fraction}000`.slice(0, 3);
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}`;
  const asUtc = Date.parse(`${local}Z`);
  // Date.parse takes 30 February for 1 March.
  if (Number.isNaN(asUtc) || new Date(asUtc).toISOString() !== `${local}Z`) return undefined;
  const time = Date.parse(`${local}${zone}`);
  return Number.isNaN(time) ? undefined : time;
}
