/** `3 s`, `2 min 5 s`, `4 h 10 min`, `3 d 2 h`; below ten seconds with a digit. Null: `–`. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `3 records`, `1 record`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** `1.2 KB`, as the dry run of the command counts: bytes of events. */
export function bytes(number: number): string {
  if (number < 1_000) return `${number} B`;
  return number < 1_000_000 ? `${(number / 1_000).toFixed(1)} KB` : `${(number / 1_000_000).toFixed(1)} MB`;
}

/** The time of day with its date where that is another day, in the reader's zone. */
export function time(iso: string | null, nowMs: number): string {
  if (iso === null) return '–';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const clock = at.toLocaleTimeString('en-GB');
  return at.toDateString() === new Date(nowMs).toDateString() ? clock : `${isoDay(at)} ${clock}`;
}

function isoDay(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** What follows the last `:` of an ARN: the name of an execution. */
export function nameOfArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

/** The file name in an object key. */
export function nameOfKey(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return name === '' ? key : name;
}

/** A local time of a form (`2026-11-03T10:15`) in UTC; null: nothing was filled in, or it is no time. */
export function instantOf(local: string): string | null {
  if (local === '') return null;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** A line of the command as a sentence: the command writes in lower case, without a full stop. It may begin with a name. */
export function sentence(line: string): string {
  const text = line.trim();
  const ended = /[.:!?]$/.test(text) ? text : `${text}.`;
  // A name at the beginning stays as it is.
  return /^[a-z]+(?=[ .:])/.test(ended) ? ended.charAt(0).toUpperCase() + ended.slice(1) : ended;
}
