const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

const FORMAT = /^([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d{1,2}) (\d{1,2}):(\d{2}):(\d{2}) (?:UTC|GMT) (\d{4})$/;

/**
 * The time of a sign-in in the form that Cognito demands: `EEE MMM d HH:mm:ss z yyyy` in English, for example
 * `Tue Nov 3 09:15:00 UTC 2026`. Clients of AWS write UTC; no other zone is taken.
 * @returns milliseconds since the epoch, or undefined for anything else, including a day that the calendar does not have
 */
export function parseTimestamp(text: string): number | undefined {
  const [whole, day = '', month = '', ...numbers] = FORMAT.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const [date = 0, hours = 0, minutes = 0, seconds = 0, year = 0] = numbers.map(Number);
  const monthIndex = MONTHS.findIndex((name) => name === month);
  const at = new Date(0);
  at.setUTCFullYear(year, monthIndex, date);
  at.setUTCHours(hours, minutes, seconds);
  const isReal =
    monthIndex >= 0 &&
    at.getUTCMonth() === monthIndex &&
    at.getUTCDate() === date &&
    at.getUTCHours() === hours &&
    at.getUTCMinutes() === minutes &&
    at.getUTCSeconds() === seconds &&
    DAYS[at.getUTCDay()] === day;
  return isReal ? at.getTime() : undefined;
}
