/** One line on a terminal that is written over and over; says nothing elsewhere. */
export interface ProgressBar {
  /** @param done of `all`, in whole things or parts of them */
  show(done: number, all: number, text: string): void;
  /** Takes the line away. */
  clear(): void;
}

const WIDTH = 24;
const LINE_START = '\r\u001B[2K';

export function createProgressBar(
  shows: boolean,
  columns: number,
  write: (text: string) => void,
): ProgressBar {
  let shown = '';
  return {
    show(done, all, text) {
      if (!shows) return;
      const part = all === 0 ? 1 : Math.min(1, done / all);
      const filled = Math.round(part * WIDTH);
      const line =
        `[${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}] ${String(Math.floor(part * 100)).padStart(3)}%  ${text}`.slice(
          0,
          columns - 1,
        );
      if (line === shown) return;
      shown = line;
      write(`${LINE_START}${line}`);
    },
    clear() {
      if (shown !== '') write(LINE_START);
      shown = '';
    },
  };
}
