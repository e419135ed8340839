import { useCallback, useState } from 'react';
import type { HeldReply } from '@stepcast/operations/api';
import type { HeldChange } from '../api/client.ts';
import { usePage } from '../context.ts';
import { count, duration, nameOfArn, sentence } from '../format.ts';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { outcomeOf } from '../parts/outcome.ts';
import { Chip, Empty, Problem, Section } from '../parts/parts.tsx';
import { usePolling } from '../polling.ts';
import { hashOf } from '../route.ts';

type Held = HeldReply['executions'][number];
type Kind = 'parked' | 'quarantine';

/** What waits and why: parked records, and executions whose proofs disagree. */
export function WaitingView() {
  const [question, setQuestion] = useState<Question>();
  const close = useCallback(() => setQuestion(undefined), []);
  return (
    <>
      <HeldSection
        kind="quarantine"
        title="Quarantined"
        nothing="Nothing is quarantined: no proofs of an owner disagree."
        onAsk={setQuestion}
      />
      <HeldSection
        kind="parked"
        title="Parked"
        nothing="Nothing is parked: every record has an owner and the records before it."
        onAsk={setQuestion}
      />
      <Confirm question={question} onClose={close} />
    </>
  );
}

function HeldSection({
  kind,
  title,
  nothing,
  onAsk,
}: {
  readonly kind: Kind;
  readonly title: string;
  readonly nothing: string;
  readonly onAsk: (question: Question) => void;
}) {
  const { api, session, stats, say } = usePage();
  const ask = useCallback((signal: AbortSignal) => api.held(kind, signal), [api, kind]);
  const { data, problem, refresh } = usePolling(ask, session.poll.tableMs);

  function question(held: Held, action: HeldChange['action']): Question {
    const name = held.executionArn ?? held.digest;
    return {
      title: `${TITLES[action]} ${held.executionArn === null ? 'this execution' : nameOfArn(held.executionArn)}?`,
      words: <p>{WORDS[action](held)}</p>,
      action: TITLES[action],
      reason: action === 'retry' ? 'optional' : 'required',
      dangerous: action === 'drop',
      async make(reason) {
        try {
          say(outcomeOf(await api.changeHeld(kind, { action, executions: [name], reason })));
        } finally {
          refresh();
          stats.refresh();
        }
      },
    };
  }

  return (
    <Section
      title={title}
      aside={data === undefined ? undefined : count(data.executions.length, 'execution')}
    >
      <Problem problem={data === undefined ? problem : undefined} onAgain={refresh} />
      {data === undefined && problem === undefined ? <Empty>Reading the journal…</Empty> : null}
      {data?.executions.length === 0 ? <Empty>{nothing}</Empty> : null}
      <ul className="cards">
        {data?.executions.map((held) => (
          <li key={held.digest} className="card">
            <HeldCard held={held} />
            <div className="buttons">
              {kind === 'parked' ? (
                <button type="button" className="second" onClick={() => onAsk(question(held, 'retry'))}>
                  Retry
                </button>
              ) : (
                <button type="button" className="second" onClick={() => onAsk(question(held, 'release'))}>
                  Release…
                </button>
              )}
              <button type="button" className="plain" onClick={() => onAsk(question(held, 'drop'))}>
                Drop…
              </button>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function HeldCard({ held }: { readonly held: Held }) {
  const { executionArn, digest, parked, owner, why, help } = held;
  const since = parked?.since ?? null;
  return (
    <div className="card-words">
      <h3>
        {executionArn === null ? (
          <code>{`execution#${digest}`}</code>
        ) : (
          <a className="code" href={hashOf({ view: 'streams', what: executionArn })}>
            {nameOfArn(executionArn)}
          </a>
        )}
        <Chip tone={owner === 'quarantined' ? 'alert' : 'warn'}>
          {owner === 'unknown' ? 'waiting' : owner}
        </Chip>
      </h3>
      <p>{sentence(why)}</p>
      <p className="quiet">
        {parked === null
          ? 'No record of it is parked.'
          : `${count(parked.records, 'record')}${since === null ? '' : `, waiting for ${duration(Date.now() - Date.parse(since))}`}.`}{' '}
        What helps: {help}.
      </p>
    </div>
  );
}

const TITLES = { retry: 'Retry', release: 'Release', drop: 'Drop' } as const;
const WORDS: Readonly<Record<HeldChange['action'], (held: Held) => string>> = {
  retry: ({ parked }) =>
    `${count(parked?.records ?? 0, 'record')} go to the correlator once more. What stays unproven is parked as before.`,
  release: () =>
    'It goes back to the owner whose stream it is in. Where it is in none, its proofs are weighed anew. First find out who uploaded.',
  drop: ({ parked }) => `${count(parked?.records ?? 0, 'parked record')} will be deleted for good.`,
};
