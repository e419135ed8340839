import { useCallback, useEffect, useState } from 'react';
import type { StreamsReply } from '@stepcast/operations/api';
import { usePage } from '../context.ts';
import { nameOfKey, time } from '../format.ts';
import { Bar, Empty, Problem, Section, StatusChip, Table } from '../parts/parts.tsx';
import { usePolling } from '../polling.ts';
import { Found } from './stream-details.tsx';

type Streams = StreamsReply['streams'];

/** Finds streams by whatever names one, and shows the newest of everybody. */
export function StreamsView({ what }: { readonly what: string }) {
  const { api, session, go } = usePage();
  const [typed, setTyped] = useState(what);
  useEffect(() => setTyped(what), [what]);
  const askFound = useCallback((signal: AbortSignal) => api.lookUp(what, signal), [api, what]);
  const found = usePolling(what === '' ? undefined : askFound, session.poll.tableMs);
  const askNewest = useCallback((signal: AbortSignal) => api.streams(signal), [api]);
  const newest = usePolling(what === '' ? askNewest : undefined, session.poll.tableMs);
  const search = (text: string) => go({ view: 'streams', what: text.trim() });

  return (
    <>
      <form
        className="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(typed);
        }}
      >
        <label htmlFor="search">Find a stream</label>
        <div className="search-row">
          <input
            id="search"
            type="search"
            value={typed}
            maxLength={4_096}
            spellCheck={false}
            autoComplete="off"
            aria-describedby="search-hint"
            onChange={({ target }) => setTyped(target.value)}
          />
          <button type="submit" className="main">
            Look up
          </button>
        </div>
        <p id="search-hint" className="hint">
          Identity ID, upload ID, execution ARN, s3://bucket/key, or the beginning of one
        </p>
      </form>

      {what === '' ? (
        <Section title="Newest streams">
          <Problem
            problem={newest.data === undefined ? newest.problem : undefined}
            onAgain={newest.refresh}
          />
          <Newest streams={newest.data} />
        </Section>
      ) : (
        <>
          <p className="crumbs">
            <a href="#/streams">All streams</a>
          </p>
          <Problem
            problem={found.problem}
            onAgain={found.problem?.retryable === true ? found.refresh : undefined}
            onCandidate={search}
          />
          {found.data === undefined && found.problem === undefined ? <Empty>Looking it up…</Empty> : null}
          {found.data === undefined ? null : <Found found={found.data} />}
        </>
      )}
    </>
  );
}

function Newest({ streams }: { readonly streams: StreamsReply | undefined }) {
  const nowMs = Date.now();
  if (streams === undefined) return <Empty>Reading the journal…</Empty>;
  if (streams.streams.length === 0)
    return <Empty>No streams yet. An upload begins one, and it shows here within seconds.</Empty>;
  return (
    <>
      <Table
        label="Newest streams"
        rows={streams.streams}
        keyOf={({ identityId, uploadId }: Streams[number]) => `${identityId}/${uploadId}`}
        columns={[
          {
            name: 'Object',
            kind: 'wide',
            cell: ({ bucket, key, uploadId }) => (
              <a
                href={`#/streams?${new URLSearchParams({ what: uploadId }).toString()}`}
                title={`s3://${bucket}/${key}`}
              >
                {nameOfKey(key)}
              </a>
            ),
          },
          { name: 'Status', cell: ({ status }) => <StatusChip status={status} /> },
          {
            name: 'Progress',
            cell: ({ percent, key }) => (
              <Bar share={percent === null ? null : percent / 100} label={`Progress of ${nameOfKey(key)}`} />
            ),
          },
          { name: 'Offset', kind: 'number', cell: ({ position }) => position.offset },
          { name: 'Owner', kind: 'code', cell: ({ identityId }) => identityId },
          { name: 'Updated', kind: 'number', cell: ({ updatedAt }) => time(updatedAt, nowMs) },
        ]}
      />
      {streams.more ? <p className="footnote">Only the newest are listed; look up any other.</p> : null}
    </>
  );
}
