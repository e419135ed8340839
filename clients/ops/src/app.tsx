import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Session } from '@stepcast/operations/api';
import { createApi } from './api/client.ts';
import { forgetToken, keepToken } from './api/token.ts';
import { PageProvider, type Page } from './context.ts';
import { Problem } from './parts/parts.tsx';
import { usePolling } from './polling.ts';
import { hashOf, routeOf, VIEWS, type Route, type View } from './route.ts';
import { shareOf } from './replaying.ts';
import { SignIn } from './sign-in.tsx';
import { isRunning, useReplay, type ReplayRun } from './use-replay.ts';
import { AuditView } from './views/audit.tsx';
import { DeadLettersView } from './views/dead-letters.tsx';
import { Overview } from './views/overview.tsx';
import { ReplayView } from './views/replay.tsx';
import { StreamsView } from './views/streams.tsx';
import { WaitingView } from './views/waiting.tsx';

const NAMES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  streams: 'Streams',
  waiting: 'Waiting',
  'dead-letters': 'Dead letters',
  replay: 'Replay',
  audit: 'Audit',
};

/** The page: the door, and behind it the views. */
export function App({ token: first }: { readonly token: string | undefined }) {
  const [token, setToken] = useState(first);
  const api = useMemo(() => createApi(token), [token]);
  const ask = useCallback((signal: AbortSignal) => api.session(signal), [api]);
  const { data: session, problem, refresh } = usePolling(ask, undefined);
  const refused = useCallback(() => {
    forgetToken(window.sessionStorage);
    refresh();
  }, [refresh]);

  if (problem?.kind === 'refused')
    return (
      <SignIn
        wrong={token !== undefined}
        onToken={(given) => {
          keepToken(window.sessionStorage, given);
          setToken(given);
        }}
      />
    );
  if (session !== undefined)
    return <Inside key={token ?? ''} api={api} session={session} onRefused={refused} />;
  return (
    <div className="page">
      <Masthead
        words={problem === undefined ? 'Connecting…' : 'Not connected'}
        tone={problem === undefined ? 'calm' : 'alert'}
      />
      <main>
        <h1 className="unseen">Stepcast operations</h1>
        <Problem problem={problem} onAgain={refresh} />
      </main>
    </div>
  );
}

function Inside({
  api,
  session,
  onRefused,
}: {
  readonly api: Page['api'];
  readonly session: Session;
  readonly onRefused: () => void;
}) {
  const route = useRoute();
  const [said, setSaid] = useState('');
  const ask = useCallback((signal: AbortSignal) => api.stats(false, signal), [api]);
  const stats = usePolling(ask, session.poll.tableMs);
  const { problem } = stats;
  useEffect(() => {
    if (problem?.kind === 'refused') onRefused();
  }, [problem, onRefused]);
  const run = useReplay(api, setSaid);
  const page = useMemo(
    (): Page => ({ api, session, stats, run, go, say: setSaid }),
    [api, session, stats, run],
  );
  useFocusOnView(route.view);

  return (
    <PageProvider value={page}>
      <div className="page">
        <Masthead
          words={problem === undefined ? `Live · ${session.place}` : 'Not connected'}
          tone={problem === undefined ? 'good' : 'alert'}
        />
        <Navigation view={route.view} stats={stats.data} run={run} />
        <main>
          <h1 id="view" tabIndex={-1}>
            {NAMES[route.view]}
          </h1>
          {problem?.kind === 'gone' ? (
            <div className="problem" role="alert">
              <p>
                {problem.message} What you see is what was last known; it is asked again, less and less often.
              </p>
              <button type="button" className="second" onClick={stats.refresh}>
                Ask now
              </button>
            </div>
          ) : (
            <Problem problem={problem?.kind === 'answer' ? problem : undefined} onAgain={stats.refresh} />
          )}
          <p className="said" role="status">
            {said}
          </p>
          <Shown route={route} />
        </main>
        <footer className="colophon">
          <p>
            Signed in as <code>{session.who}</code>. Every change is in the audit, with this name.
          </p>
        </footer>
      </div>
    </PageProvider>
  );
}

function Shown({ route: { view, what } }: { readonly route: Route }) {
  switch (view) {
    case 'overview':
      return <Overview />;
    case 'streams':
      return <StreamsView what={what} />;
    case 'waiting':
      return <WaitingView />;
    case 'dead-letters':
      return <DeadLettersView code={what} />;
    case 'replay':
      return <ReplayView what={what} />;
    case 'audit':
      return <AuditView />;
  }
}

function Masthead({ words, tone }: { readonly words: string; readonly tone: 'calm' | 'good' | 'alert' }) {
  return (
    <header className="masthead">
      <p className="wordmark">
        <svg viewBox="0 0 24 24" aria-hidden="true" className="mark">
          <path d="M3 18h5v-5h5V8h5V3h3" />
        </svg>
        Stepcast <span className="tag">operations</span>
      </p>
      <p className="chip" data-tone={tone} role="status">
        {words}
      </p>
    </header>
  );
}

function Navigation({
  view,
  stats,
  run: { replay },
}: {
  readonly view: View;
  readonly stats: Page['stats']['data'];
  readonly run: ReplayRun;
}) {
  const waiting = stats?.waiting ?? null;
  const letters = stats?.hops.find(({ queue }) => queue.endsWith('dead-letters'))?.depth ?? null;
  const badges: Readonly<Partial<Record<View, number | string>>> = {
    waiting: waiting === null ? 0 : waiting.parked.executions + waiting.quarantined,
    'dead-letters': letters === null ? 0 : letters.visible + letters.inFlight,
    replay: replay !== undefined && isRunning(replay) ? `${Math.floor(shareOf(replay) * 100)} %` : 0,
  };
  return (
    <nav className="views" aria-label="Views">
      <ul>
        {VIEWS.map((one) => {
          const badge = badges[one] ?? 0;
          return (
            <li key={one}>
              <a href={hashOf({ view: one, what: '' })} aria-current={one === view ? 'page' : undefined}>
                {NAMES[one]}
                {badge === 0 ? null : <span className="badge">{badge}</span>}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function go(route: Route): void {
  window.location.hash = hashOf(route);
}

function useRoute(): Route {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const change = () => setHash(window.location.hash);
    window.addEventListener('hashchange', change);
    return () => window.removeEventListener('hashchange', change);
  }, []);
  return useMemo(() => routeOf(hash), [hash]);
}

/** A screen reader says which view it is; nothing moves when the page is opened. */
function useFocusOnView(view: View): void {
  const before = useRef(view);
  useEffect(() => {
    if (before.current === view) return;
    before.current = view;
    document.title = `${NAMES[view]} · Stepcast operations`;
    document.querySelector<HTMLElement>('#view')?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [view]);
}
