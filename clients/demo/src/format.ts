const unit = (value: number, name: string) =>
  `${value < 10 ? (Math.round(value * 10) / 10).toString() : Math.round(value).toString()} ${name}`;

/** `820 bytes`, `48 KB`, `1.2 MB`: decimal, as file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 999_500) return unit(bytes / 1000, 'KB');
  if (bytes < 999_500_000) return unit(bytes / 1e6, 'MB');
  return unit(bytes / 1e9, 'GB');
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. Never negative: clocks of two machines differ. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** An estimate, rounded as coarsely as it is sure: `a few seconds left`, `about 40 s left`, `about 3 min left`. */
export function formatEta(seconds: number): string {
  if (seconds < 4) return 'a few seconds left';
  if (seconds < 55) return `about ${seconds < 10 ? Math.round(seconds) : Math.round(seconds / 5) * 5} s left`;
  if (seconds < 3300) return `about ${Math.max(1, Math.round(seconds / 60))} min left`;
  return `about ${Math.max(1, Math.round(seconds / 3600))} h left`;
}

/** `14:57` today, else `3 Nov`, in the words and the time zone of the reader. */
export function formatMoment(moment: number | string, nowMs: number): string {
  const date = new Date(moment);
  return date.toDateString() === new Date(nowMs).toDateString()
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { day: 'numeric', month: 'short' });
}

/** The file name in an object key: what follows the last slash. */
export function nameOfKey(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return name === '' ? key : name;
}

/** What somebody wrote of their workflow, with the full stop that others can follow. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?…:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
