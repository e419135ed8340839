import { useCallback } from 'react';
import type { StatsReply } from '@stepcast/operations/api';
import { Chart } from '../charts/chart.tsx';
import { usePage } from '../context.ts';
import { count, duration } from '../format.ts';
import { Empty, Problem, Section, Table, type Column, type Tone } from '../parts/parts.tsx';
import { usePolling } from '../polling.ts';
import { hashOf, type View } from '../route.ts';

const MINUTES = 15;
const CHART_HEIGHT = 220;
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** So that the grid says whole seconds, minutes and hours. */
const LAG_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 6, 12, 24, 48, 96].map((hours) => hours * HOUR),
];
const perSecond = (value: number) => `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10}/s`;

const OLDEST: Column<StatsReply['hops'][number]> = {
  name: 'Oldest',
  kind: 'number',
  cell: ({ oldestMs }) => duration(oldestMs),
};

/** How all is, at a glance: what waits, how long, how much passes. */
export function Overview() {
  const { api, session, stats } = usePage();
  const askHistory = useCallback((signal: AbortSignal) => api.history(MINUTES, signal), [api]);
  const history = usePolling(askHistory, session.poll.queuesMs);
  const askQueues = useCallback((signal: AbortSignal) => api.stats(true, signal), [api]);
  const queues = usePolling(askQueues, session.poll.queuesMs);
  const hops = queues.data?.hops ?? stats.data?.hops ?? [];
  const absent = hops.filter(({ depth }) => depth === null);
  const codes = stats.data?.deadLetters ?? [];
  const measured = history.data !== undefined && history.data.atMs.length > 1;

  return (
    <>
      <Tiles stats={stats.data} />
      <div className="charts">
        <Section title="Lag per hop" aside={`last ${MINUTES} minutes`}>
          {measured ? (
            <Chart
              title="Lag per hop"
              atMs={history.data.atMs}
              series={history.data.lag}
              format={duration}
              atLeast={SECOND}
              steps={LAG_STEPS}
              height={CHART_HEIGHT}
            />
          ) : (
            <Waiting problem={history.problem !== undefined} />
          )}
        </Section>
        <Section title="Throughput" aside={`last ${MINUTES} minutes`}>
          {measured ? (
            <Chart
              title="Throughput"
              atMs={history.data.atMs}
              series={history.data.throughput}
              format={perSecond}
              atLeast={1}
              height={CHART_HEIGHT}
            />
          ) : (
            <Waiting problem={history.problem !== undefined} />
          )}
        </Section>
      </div>
      {history.data === undefined ? null : <p className="footnote">{history.data.measured}</p>}
      <Problem problem={history.problem?.kind === 'answer' ? history.problem : undefined} />

      <div className="halves">
        <Section title="Queues">
          <Table
            label="Queues"
            rows={hops.filter(({ depth }) => depth !== null)}
            keyOf={({ queue }) => queue}
            columns={[
              { name: 'Queue', kind: 'code', cell: ({ queue }) => queue },
              { name: 'Hop', cell: ({ hop }) => hop },
              { name: 'Waiting', kind: 'number', cell: ({ depth }) => depth?.visible ?? '–' },
              { name: 'In flight', kind: 'number', cell: ({ depth }) => depth?.inFlight ?? '–' },
              ...(hops.every(({ oldestMs }) => oldestMs === null) ? [] : [OLDEST]),
            ]}
          />
          {absent.length === 0 ? null : (
            <p className="footnote">Not there: {absent.map(({ queue }) => queue).join(', ')}.</p>
          )}
        </Section>
        <Section title="Dead letters by code">
          {codes.length === 0 ? (
            <Empty>No dead letters: no service has given anything up.</Empty>
          ) : (
            <LetterBars codes={codes} />
          )}
        </Section>
      </div>
    </>
  );
}

function Waiting({ problem }: { readonly problem: boolean }) {
  return (
    <div className="chart-waiting">
      <Empty>{problem ? 'No measurements.' : 'Measuring. The first lines show in a few seconds.'}</Empty>
    </div>
  );
}

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly words: string;
  readonly view: View;
  readonly tone: Tone;
}

function tilesOf({ waiting, hops }: StatsReply): readonly Tile[] {
  const letters = hops.find(({ queue }) => queue.endsWith('dead-letters'))?.depth;
  const dead = letters === null || letters === undefined ? 0 : letters.visible + letters.inFlight;
  if (waiting === null) return [];
  const { watched, parked, quarantined, gaps, unowned } = waiting;
  const oldest = (ms: number | null) => (ms === null ? 'nothing waits' : `oldest ${duration(ms)}`);
  return [
    {
      name: 'Running',
      value: String(watched.executions),
      words: watched.executions === 0 ? 'no execution' : oldest(watched.oldestMs),
      view: 'streams',
      tone: 'calm',
    },
    {
      name: 'Parked',
      value: String(parked.records),
      words:
        parked.records === 0
          ? 'nothing waits'
          : `${count(parked.executions, 'execution')}, ${oldest(parked.oldestMs)}`,
      view: 'waiting',
      tone: parked.records > 0 ? 'warn' : 'calm',
    },
    {
      name: 'Quarantined',
      value: String(quarantined),
      words: quarantined === 0 ? 'no proofs disagree' : 'proofs disagree',
      view: 'waiting',
      tone: quarantined > 0 ? 'alert' : 'calm',
    },
    {
      name: 'Gaps',
      value: String(gaps.declared),
      words: gaps.declared === 0 ? 'nothing is missing' : `${count(gaps.records, 'record')} never came`,
      view: 'streams',
      tone: gaps.declared > 0 ? 'warn' : 'calm',
    },
    {
      name: 'Dead letters',
      value: String(dead),
      words:
        unowned === 0
          ? dead === 0
            ? 'nothing given up'
            : 'given up, with a reason'
          : `${unowned} without an owner`,
      view: 'dead-letters',
      tone: dead > 0 ? 'alert' : 'calm',
    },
  ];
}

/** As large as what comes, so that nothing moves when it is there. */
const COUNTING = (
  [
    ['Running', 'streams'],
    ['Parked', 'waiting'],
    ['Quarantined', 'waiting'],
    ['Gaps', 'streams'],
    ['Dead letters', 'dead-letters'],
  ] as const
).map(([name, view]): Tile => ({ name, value: '–', words: 'counting …', view, tone: 'calm' }));

function Tiles({ stats }: { readonly stats: StatsReply | undefined }) {
  const tiles = stats === undefined ? COUNTING : tilesOf(stats);
  return (
    <ul className="tiles" aria-label="What waits" aria-busy={stats === undefined}>
      {tiles.map(({ name, value, words, view, tone }) => (
        <li key={name}>
          <a className="tile" data-tone={tone} href={hashOf({ view, what: '' })}>
            <span className="tile-name">{name}</span>
            <span className="tile-value">{value}</span>
            <span className="tile-words">{words}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function LetterBars({ codes }: { readonly codes: StatsReply['deadLetters'] }) {
  const most = Math.max(...codes.map(({ letters }) => letters));
  return (
    <ul className="bars">
      {codes.map(({ code, letters }) => (
        <li key={code}>
          <a className="code" href={hashOf({ view: 'dead-letters', what: code })}>
            {code}
          </a>
          <span className="bars-track" aria-hidden="true">
            <span className="bars-fill" style={{ width: `${(letters / most) * 100}%` }} />
          </span>
          <span className="bars-count">{letters}</span>
        </li>
      ))}
    </ul>
  );
}
