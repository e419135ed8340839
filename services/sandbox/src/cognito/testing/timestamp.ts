/** As the stock clients write it: `Tue Nov 3 09:15:00 UTC 2026`, the day of the month without a zero before it. */
export function timestampOf(ms: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(ms)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${Number(date)} ${time} UTC ${year}`;
}
