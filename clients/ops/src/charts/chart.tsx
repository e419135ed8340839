import 'uplot/dist/uPlot.min.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import UPlot from 'uplot';

export interface ChartSeries {
  readonly name: string;
  readonly label: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  /** What the chart shows, for who cannot see it. */
  readonly title: string;
  readonly atMs: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  readonly height: number;
  /** What the axis reaches at least, so that little does not look like much. */
  readonly atLeast: number;
  /** Distances of the lines of the grid. Default: decimal ones. */
  readonly steps?: readonly number[];
}

/** A chart that began a moment ago is not drawn as if it were all there is. */
const MIN_SPAN_SECONDS = 120;

/** Lines over time, drawn by uPlot, with a legend that says the newest values in words. */
export function Chart({ title, atMs, series, format, height, atLeast, steps }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const dark = useDark();
  const data = useMemo(
    (): UPlot.AlignedData => [atMs.map((at) => at / 1_000), ...series.map(({ values }) => [...values])],
    [atMs, series],
  );
  // The plot is made anew only when its lines are others.
  const names = series.map(({ name }) => name).join();
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const box = place.current;
    if (box === null) return undefined;
    const made = new UPlot(optionsOf(box, series, { format, height, atLeast, steps }), newest.current, box);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names, dark, height, format, atLeast, steps]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  return (
    <figure className="chart">
      <div ref={place} className="chart-box" role="img" aria-label={`${title}: ${spoken(series, format)}`} />
      <figcaption>
        <ul className="legend">
          {series.map(({ name, label, values }, index) => (
            <li key={name}>
              <span className="swatch" data-series={index + 1} aria-hidden="true" />
              {label} <b>{wordsOf(values.at(-1) ?? null, format)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function wordsOf(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

function spoken(series: readonly ChartSeries[], format: (value: number) => string): string {
  return series
    .map(({ label, values }) => {
      const known = values.filter((value) => value !== null);
      return known.length === 0
        ? `${label}, nothing yet`
        : `${label}, now ${wordsOf(values.at(-1) ?? null, format)}, at most ${format(Math.max(...known))}`;
    })
    .join('; ');
}

function optionsOf(
  box: HTMLElement,
  series: readonly ChartSeries[],
  { format, height, atLeast, steps }: Pick<ChartProps, 'format' | 'height' | 'atLeast' | 'steps'>,
): UPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color('--ink-soft'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 32, 0, 0],
    scales: {
      x: { range: (_plot, from, to) => [Math.min(from, to - MIN_SPAN_SECONDS), to] },
      y: { range: (_plot, _low, high) => [0, Math.max(atLeast, Number.isFinite(high) ? high * 1.1 : 0)] },
    },
    axes: [
      { ...axis, values: '{HH}:{mm}:{ss}', space: 80, size: 28 },
      {
        ...axis,
        size: 60,
        ...(steps === undefined ? {} : { incrs: [...steps] }),
        values: (_plot, splits) => splits.map((split) => format(split)),
      },
    ],
    series: [
      {},
      ...series.map(({ label }, index) => ({
        label,
        stroke: color(`--series-${index + 1}`),
        width: 2,
        // What was not measured is not drawn; what was measured alone is a point.
        spanGaps: false,
        points: { size: 5, show: (plot: UPlot, index: number) => hasHoles(plot.data[index]) },
      })),
    ],
  };
}

/** Whether something was not measured since the first measurement. */
function hasHoles(values: ArrayLike<number | null | undefined> = []): boolean {
  const all = Array.from(values);
  return all.slice(all.findIndex((value) => typeof value === 'number')).includes(null);
}

function useDark(): boolean {
  const query = useMemo(() => window.matchMedia('(prefers-color-scheme: dark)'), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const change = () => setDark(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, [query]);
  return dark;
}
