import { useEffect, useState, type ReactNode } from 'react';
import type { PlanReply } from '@stepcast/operations/api';
import type { ApiProblem } from '../api/client.ts';
import { usePage } from '../context.ts';
import { bytes, count, instantOf } from '../format.ts';
import { Bar, Problem, Section, Table } from '../parts/parts.tsx';
import { problemOf } from '../polling.ts';
import { shareOf, type Replay } from '../replaying.ts';
import { hashOf } from '../route.ts';
import { isRunning } from '../use-replay.ts';
import { EMPTY_FORM, ReplayForm, type Form } from './replay-form.tsx';

/** Publishes what the journal has once more: first what would go out, then the run with its progress. */
export function ReplayView({ what }: { readonly what: string }) {
  const { api, run } = usePage();
  const { plan, replay } = run;
  const [form, setForm] = useState<Form>({ ...EMPTY_FORM, what });
  const [problem, setProblem] = useState<ApiProblem>();
  const [planning, setPlanning] = useState(false);
  useEffect(() => {
    if (what === '') return;
    setForm((before) => ({ ...before, what }));
    // What another stream's replay came to is not this one's.
    if (plan !== undefined && plan.selection.what !== what) run.prepare(undefined);
  }, [what]);
  const running = isRunning(replay);

  function change(part: Partial<Form>): void {
    setForm((before) => ({ ...before, ...part }));
    run.prepare(undefined);
  }

  async function dryRun(text: string): Promise<void> {
    setPlanning(true);
    setProblem(undefined);
    run.prepare(undefined);
    try {
      run.prepare(
        await api.planReplay({
          what: form.everybody || text.trim() === '' ? null : text.trim(),
          from: instantOf(form.from),
          to: instantOf(form.to),
          all: form.everybody,
          allEpochs: form.allEpochs,
        }),
      );
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setPlanning(false);
    }
  }

  return (
    <>
      <Section title="What to replay">
        <p className="quiet">
          Entries of the journal go out again on their topics with the same offsets, marked as a replay.
          Clients drop what they have.
        </p>
        <ReplayForm
          form={form}
          busy={planning || running}
          onChange={change}
          onSubmit={() => void dryRun(form.what)}
        />
        <Problem
          problem={problem}
          onCandidate={(candidate) => {
            change({ what: candidate });
            void dryRun(candidate);
          }}
        />
      </Section>
      {plan === undefined ? null : (
        <Plan plan={plan} began={replay !== undefined}>
          {replay === undefined ? (
            <div className="buttons">
              <button
                type="button"
                className="main"
                onClick={() =>
                  run.begin(Number(form.rate), form.reason.trim() === '' ? null : form.reason.trim())
                }
              >
                Publish {count(plan.messages, 'message')}
              </button>
            </div>
          ) : (
            <Progress replay={replay} onStop={run.stop} onGoOn={run.goOn} />
          )}
        </Plan>
      )}
    </>
  );
}

function Plan({
  plan,
  began,
  children,
}: {
  readonly plan: PlanReply;
  readonly began: boolean;
  readonly children: ReactNode;
}) {
  const { messages, states, overviews, streams, more } = plan;
  const range = (first: number, last: number) => (first === last ? String(first) : `${first}–${last}`);
  return (
    <Section
      title={began ? 'What goes out' : 'What would go out'}
      aside={began ? undefined : 'nothing was published yet'}
    >
      <p>
        {count(messages, 'message')}, {count(states, 'retained state')} and {count(overviews, 'overview')}.
      </p>
      <Table
        label="Streams of the replay"
        rows={streams}
        keyOf={({ identityId, uploadId, epoch }) => `${identityId}/${uploadId}/${epoch}`}
        columns={[
          {
            name: 'Upload',
            kind: 'code',
            cell: ({ uploadId }) => <a href={hashOf({ view: 'streams', what: uploadId })}>{uploadId}</a>,
          },
          { name: 'Owner', kind: 'code', cell: ({ identityId }) => identityId },
          { name: 'Epoch', kind: 'code', cell: ({ epoch }) => epoch },
          {
            name: 'Offsets',
            kind: 'number',
            cell: ({ firstOffset, lastOffset }) => range(firstOffset, lastOffset),
          },
          { name: 'Messages', kind: 'number', cell: (one) => one.messages },
          { name: 'Size', kind: 'number', cell: (one) => bytes(one.bytes) },
        ]}
      />
      {more > 0 ? <p className="footnote">And {count(more, 'more stream')}.</p> : null}
      {children}
    </Section>
  );
}

function Progress({
  replay,
  onStop,
  onGoOn,
}: {
  readonly replay: Replay;
  readonly onStop: () => void;
  readonly onGoOn: () => void;
}) {
  const { state, cursor, messages, problem } = replay;
  const published = cursor?.published ?? 0;
  const reached = cursor?.reached ?? null;
  return (
    <div className="progress" data-state={state}>
      <Bar share={shareOf(replay)} label="Progress of the replay" />
      <p className="progress-words">
        {state === 'finished'
          ? `Finished: ${count(published, 'message')} published, states and overviews restored.`
          : `${published} of ${count(messages, 'message')} published${reached === null ? '' : `, the last at offset ${reached.offset} of ${reached.stream.split('#')[1] ?? ''}`}.`}
        {state === 'stopped' && problem === undefined ? ' Stopped; what was published stays published.' : ''}
      </p>
      <Problem problem={problem} />
      <div className="buttons">
        {state === 'running' || state === 'stopping' ? (
          <button type="button" className="second" disabled={state === 'stopping'} onClick={onStop}>
            {state === 'stopping' ? 'Stopping…' : 'Stop'}
          </button>
        ) : null}
        {state === 'stopped' ? (
          <button type="button" className="main" onClick={onGoOn}>
            Go on
          </button>
        ) : null}
      </div>
    </div>
  );
}
