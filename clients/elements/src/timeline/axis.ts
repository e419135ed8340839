const STEPS_S = [
  0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200,
  14_400, 43_200, 86_400,
];

/** From when to when the bars reach. */
export interface Axis {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly lengthMs: number;
  /** Milliseconds after `from`, at most `most` of them, in round numbers; the first is 0. */
  readonly ticks: readonly number[];
}

const LEAST_MS = 20;
const LEAST_LIVE_MS = 1_000;
const MOST_TICKS = 5;

/** @param isLive while the workflow runs, the axis has at least a second, so that the first bars do not leap */
export function axisOf(span: { readonly from: number; readonly to: number }, isLive: boolean): Axis {
  const most = MOST_TICKS;
  const lengthMs = Math.max(isLive ? LEAST_LIVE_MS : LEAST_MS, span.to - span.from);
  const fits = (seconds: number) => lengthMs / (seconds * 1_000) < most;
  const days = Math.ceil(lengthMs / 86_400_000 / (most - 1));
  const everyMs = (STEPS_S.find(fits) ?? days * 86_400) * 1_000;
  const ticks: number[] = [];
  for (let at = 0; at < lengthMs * 0.96; at += everyMs) ticks.push(at);
  return { from: span.from, lengthMs, ticks };
}

/** Where on the axis a time is, in percent. */
export function percentAt(axis: Axis, time: number): number {
  return Math.min(100, Math.max(0, ((time - axis.from) / axis.lengthMs) * 100));
}

/** The narrowest axis that is considered, a card on a small phone, and what a letter of a label takes of it at most, in pixels. */
const [NARROW, LETTER] = [232, 6.5];

/** Labels begin at their line. One that a narrow axis would cut ends there. @param at in percent */
export function labelAnchor(at: number, label: string): 'start' | 'end' {
  return at + ((label.length * LETTER) / NARROW) * 100 > 100 ? 'end' : 'start';
}
