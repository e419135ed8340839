import { Fragment, useCallback, useState, type ReactNode } from 'react';
import type { LettersReply } from '@stepcast/operations/api';
import type { LetterChange } from '../api/client.ts';
import { usePage } from '../context.ts';
import { count, nameOfArn, time } from '../format.ts';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { outcomeOf } from '../parts/outcome.ts';
import { Chip, Empty, Problem, Section, Table, type Tone } from '../parts/parts.tsx';
import { usePolling } from '../polling.ts';
import { hashOf } from '../route.ts';

type Letter = LettersReply['letters'][number];
type Explanation = LettersReply['explanations'][number];

interface Group {
  readonly code: string | null;
  readonly letters: readonly Letter[];
  readonly explanation: Explanation | undefined;
}

/** Letters by their codes, the most frequent first. */
export function groupsOf({ letters, explanations }: LettersReply): readonly Group[] {
  const byCode = Map.groupBy(letters, ({ code }) => code);
  return [...byCode]
    .map(([code, some]) => ({
      code,
      letters: some,
      explanation: explanations.find((one) => one.code === code),
    }))
    .toSorted((one, other) => other.letters.length - one.letters.length);
}

/** What services gave up, by code, with the runbook's words. */
export function DeadLettersView({ code: only }: { readonly code: string }) {
  const { api, stats } = usePage();
  const [question, setQuestion] = useState<Question>();
  const close = useCallback(() => setQuestion(undefined), []);
  const ask = useCallback((signal: AbortSignal) => api.letters(signal), [api]);
  // Asked for once: to read letters is to take them in hand, and nobody else sees them meanwhile.
  const { data, problem, loading, refresh } = usePolling(ask, undefined);
  const groups = data === undefined ? [] : groupsOf(data);
  const shown = only === '' ? groups : groups.filter(({ code }) => code === only);
  const depth = stats.data?.hops.find(({ queue }) => queue.endsWith('dead-letters'))?.depth ?? null;
  const listed = data?.letters.length ?? 0;
  const others = depth === null || data === undefined ? 0 : depth.visible + depth.inFlight - listed;

  return (
    <>
      <div className="view-head">
        {only === '' ? (
          <p className="quiet">{data === undefined ? '' : `${count(listed, 'letter')} looked at.`}</p>
        ) : (
          <p className="crumbs">
            <a href="#/dead-letters">All dead letters</a>
          </p>
        )}
        <button type="button" className="second" disabled={loading} onClick={refresh}>
          Look again
        </button>
      </div>
      <Problem problem={problem} onAgain={refresh} />
      {data === undefined && problem === undefined ? <Empty>Looking at the letters…</Empty> : null}
      {data !== undefined && shown.length === 0 ? (
        <Section title={only === '' ? 'Dead letters' : only}>
          <Empty>
            {only === ''
              ? 'No dead letters: no service has given anything up.'
              : 'No letter has this code (any more).'}
          </Empty>
        </Section>
      ) : null}
      {shown.map((group) => (
        <CodeSection key={group.code ?? ''} group={group} onAsk={setQuestion} onDone={refresh} />
      ))}
      {others > 0 || data?.more === true ? (
        <p className="footnote">
          {data?.more === true
            ? 'More wait than are looked at at a time. Settle these, then look again.'
            : `About ${count(others, 'more letter')}: somebody else has them in hand, or they came just now. Look again.`}
        </p>
      ) : null}
      <Confirm question={question} onClose={close} />
    </>
  );
}

/** The runbook's words, with what stands between backticks as code. */
function withCode(text: string): ReactNode {
  return text
    .split('`')
    .map((part, index) =>
      index % 2 === 1 ? <code key={`${index}`}>{part}</code> : <Fragment key={`${index}`}>{part}</Fragment>,
    );
}

const KIND_TONES: Readonly<Record<string, Tone>> = { poison: 'alert', unexpected: 'alert', expected: 'calm' };

function CodeSection({
  group,
  onAsk,
  onDone,
}: {
  readonly group: Group;
  readonly onAsk: (question: Question) => void;
  readonly onDone: () => void;
}) {
  const { api, stats, say } = usePage();
  const { code, letters, explanation } = group;
  const name = code ?? 'Not letters of ours';
  const ids = letters.map(({ id }) => id);

  function question(action: LetterChange['action'], chosen: readonly string[]): Question {
    const many = chosen.length === 1 ? 'this letter' : `these ${chosen.length} letters`;
    return {
      title: `${action === 'retry' ? 'Retry' : 'Drop'} ${many}?`,
      words:
        action === 'retry' ? (
          <p>
            Each goes back to the queue that it came from, in the group of its execution. While what caused it
            is not mended, it comes back here.
          </p>
        ) : (
          <p>What is dropped is gone for good. The audit keeps your name and the reason.</p>
        ),
      action: action === 'retry' ? 'Retry' : 'Drop',
      reason: action === 'retry' ? 'optional' : 'required',
      dangerous: action === 'drop',
      async make(reason) {
        try {
          say(outcomeOf(await api.changeLetters({ action, ids: chosen, reason })));
        } finally {
          onDone();
          stats.refresh();
        }
      },
    };
  }

  return (
    <Section
      title={<span className="code">{name}</span>}
      aside={
        <>
          {explanation === undefined || explanation.kind === '' ? null : (
            <Chip tone={KIND_TONES[explanation.kind] ?? 'warn'}>{explanation.kind}</Chip>
          )}
          <span>{count(letters.length, 'letter')}</span>
        </>
      }
    >
      {explanation === undefined ? (
        <p className="quiet">This code is not in the runbook; docs/reference/errors.md lists every code.</p>
      ) : (
        <dl className="explanation">
          <dt>What</dt>
          <dd>{withCode(explanation.what)}</dd>
          <dt>How to look</dt>
          <dd>{withCode(explanation.look)}</dd>
          <dt>How to mend</dt>
          <dd>{withCode(explanation.mend)}</dd>
        </dl>
      )}
      <Table
        label={`Letters with the code ${name}`}
        rows={letters}
        keyOf={({ id }) => id}
        columns={[
          { name: 'At', kind: 'number', cell: ({ at }) => time(at, Date.now()) },
          { name: 'Reason', kind: 'wide', cell: ({ reason }) => reason.split('\n', 1)[0] },
          {
            name: 'Execution',
            kind: 'code',
            cell: ({ executionArn }) =>
              executionArn === null ? (
                '–'
              ) : (
                <a href={hashOf({ view: 'streams', what: executionArn })}>{nameOfArn(executionArn)}</a>
              ),
          },
          { name: 'Back to', kind: 'code', cell: ({ backTo }) => backTo ?? 'no queue' },
          {
            name: 'Actions',
            kind: 'actions',
            cell: ({ id, backTo }) => (
              <>
                {backTo === null ? null : (
                  <button type="button" className="plain" onClick={() => onAsk(question('retry', [id]))}>
                    Retry<span className="unseen"> letter {id}</span>
                  </button>
                )}
                <button type="button" className="plain" onClick={() => onAsk(question('drop', [id]))}>
                  Drop…<span className="unseen"> letter {id}</span>
                </button>
              </>
            ),
          },
        ]}
      />
      {letters.length === 1 ? null : (
        <div className="buttons">
          {letters.some(({ backTo }) => backTo !== null) ? (
            <button type="button" className="main" onClick={() => onAsk(question('retry', ids))}>
              Retry all {letters.length}
            </button>
          ) : null}
          <button type="button" className="second" onClick={() => onAsk(question('drop', ids))}>
            Drop all {letters.length}…
          </button>
        </div>
      )}
    </Section>
  );
}
