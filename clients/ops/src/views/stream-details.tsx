import type { ReactNode } from 'react';
import type { ExecutionReply, LookUpReply, StreamReply } from '@stepcast/operations/api';
import { count, nameOfArn, nameOfKey, sentence, time } from '../format.ts';
import { Bar, Chip, Pairs, Section, StatusChip, Table, type Tone } from '../parts/parts.tsx';
import { hashOf } from '../route.ts';

type Epoch = StreamReply['epochs'][number];

/** What a look-up found. */
export function Found({ found }: { readonly found: LookUpReply }) {
  switch (found.kind) {
    case 'upload':
      return found.uploads.map((stream) => (
        <Stream key={`${stream.identityId}/${stream.uploadId}`} stream={stream} />
      ));
    case 'execution':
      return (
        <>
          <Section title={nameOfArn(found.execution.executionArn)}>
            <Execution execution={found.execution} />
          </Section>
          {found.upload === null ? null : <Stream stream={found.upload} />}
        </>
      );
    case 'identity':
      return <Identity identity={found.identity} />;
  }
}

function Identity({
  identity,
}: {
  readonly identity: Extract<LookUpReply, { kind: 'identity' }>['identity'];
}) {
  const nowMs = Date.now();
  return (
    <Section title={<span className="code">{identity.identityId}</span>}>
      <Pairs rows={[['Overview', <code key="topic">{identity.overviewTopic}</code>]]} />
      <Table
        label={`Uploads of ${identity.identityId}`}
        rows={identity.uploads}
        keyOf={({ uploadId }) => uploadId}
        columns={[
          {
            name: 'Object',
            kind: 'wide',
            cell: ({ key, uploadId }) => (
              <a href={hashOf({ view: 'streams', what: uploadId })}>{nameOfKey(key)}</a>
            ),
          },
          { name: 'Status', cell: ({ status }) => <StatusChip status={status} /> },
          { name: 'Offset', kind: 'number', cell: ({ position }) => position.offset },
          { name: 'Updated', kind: 'number', cell: ({ updatedAt }) => time(updatedAt, nowMs) },
        ]}
      />
    </Section>
  );
}

function Stream({ stream }: { readonly stream: StreamReply }) {
  const { bucket, key, uploadId, identityId, topics, epochs, waitingForVersion } = stream;
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      'Object',
      bucket === null || key === null ? 'not known (yet)' : <code key="o">{`s3://${bucket}/${key}`}</code>,
    ],
    ['Upload', <code key="u">{uploadId}</code>],
    [
      'Owner',
      <a key="i" className="code" href={hashOf({ view: 'streams', what: identityId })}>
        {identityId}
      </a>,
    ],
    ['Events', <code key="e">{topics.events}</code>],
    ['State', <code key="s">{topics.state}</code>],
  ];
  return (
    <Section
      title={key === null ? uploadId : nameOfKey(key)}
      aside={
        <a className="button second" href={hashOf({ view: 'replay', what: uploadId })}>
          Replay
        </a>
      }
    >
      <Pairs rows={rows} />
      {waitingForVersion.map((arn) => (
        <p key={arn} className="note" data-tone="warn">
          <code>{nameOfArn(arn)}</code> waits for a version of this object.
        </p>
      ))}
      {epochs.toReversed().map((epoch) => (
        <EpochPart key={epoch.epoch} epoch={epoch} />
      ))}
    </Section>
  );
}

function EpochPart({ epoch }: { readonly epoch: Epoch }) {
  const nowMs = Date.now();
  const { firstOffset, lastOffset, entries, missingOffsets, gaps, percent, error } = epoch;
  const range = ([first, last]: readonly [number, number]) =>
    first === last ? `${first}` : `${first}–${last}`;
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      'Offsets',
      firstOffset === null || lastOffset === null
        ? 'none: no entry is in the journal'
        : `${range([firstOffset, lastOffset])} in ${count(entries, 'entry', 'entries')}`,
    ],
    ['Began', time(epoch.epochStartedAt, nowMs)],
    ['Updated', time(epoch.updatedAt, nowMs)],
  ];
  return (
    <article className="epoch" aria-label={`Epoch ${epoch.epoch}`}>
      <header className="epoch-head">
        <h3>
          Epoch <code>{epoch.epoch}</code>
        </h3>
        {epoch.newest ? <Chip tone="calm">newest</Chip> : null}
        <StatusChip status={epoch.status} />
      </header>
      <Bar share={percent === null ? null : percent / 100} label={`Progress of epoch ${epoch.epoch}`} />
      <Pairs rows={rows} />
      {error === null ? null : (
        <p className="note" data-tone="alert">
          <b>{error.name}</b>
          {error.message === undefined ? '' : `: ${error.message}`}
        </p>
      )}
      {missingOffsets.length === 0 ? null : (
        <p className="note" data-tone="warn">
          The journal does not have offsets {missingOffsets.map(range).join(', ')}: they expired, or somebody
          deleted them.
        </p>
      )}
      {gaps.map((gap) => (
        <p key={gap.firstEventId} className="note" data-tone="warn">
          Gap: records {range([gap.firstEventId, gap.lastEventId])} never came ({gap.reason}).
        </p>
      ))}
      {epoch.executions.map((execution) => (
        <Execution key={execution.executionArn} execution={execution} />
      ))}
    </article>
  );
}

const OWNER_TONES: Readonly<Record<ExecutionReply['owner'], Tone>> = {
  owned: 'good',
  waiting: 'warn',
  quarantined: 'alert',
  unowned: 'alert',
  unknown: 'calm',
};
const CONFIDENCE = {
  certain: 'certain',
  certainIfPinned: 'certain if pinned',
  asParent: 'as certain as its parent’s',
  unknown: 'of unknown weight',
} as const;

function Execution({ execution }: { readonly execution: ExecutionReply }) {
  const nowMs = Date.now();
  const { owner, reason, proofs, parked, watchedSince, waitingChildren, nested } = execution;
  return (
    <div className="execution">
      <p className="execution-head">
        <a className="code" href={hashOf({ view: 'streams', what: execution.executionArn })}>
          {execution.executionArn}
        </a>
        {execution.status === null ? null : <StatusChip status={execution.status} />}
        <Chip tone={OWNER_TONES[owner]}>{owner}</Chip>
      </p>
      {reason === null ? null : <p>{sentence(reason)}</p>}
      {proofs.length === 0 ? null : (
        <ul className="proofs" aria-label="Proofs of the owner">
          {proofs.map(({ proof, confidence, why }) => (
            <li key={proof}>
              <b>{proof}</b>, {CONFIDENCE[confidence]}: {why}
            </li>
          ))}
        </ul>
      )}
      {nested ? <p className="quiet">Nested: its end is not the upload’s.</p> : null}
      {watchedSince === null ? null : (
        <p className="quiet">
          Watched since {time(watchedSince, nowMs)}: it has not ended, or its last entry is on its way.
        </p>
      )}
      {parked === null ? null : (
        <p className="note" data-tone="warn">
          {count(parked.records, 'record')}
          {parked.statuses === 0 ? '' : ` and ${count(parked.statuses, 'status', 'statuses')}`} parked since{' '}
          {time(parked.since, nowMs)}: {parked.why}. <a href="#/waiting">What helps</a>
        </p>
      )}
      {waitingChildren.map((child) => (
        <p key={child} className="quiet">
          <code>{nameOfArn(child)}</code> waits for this owner.
        </p>
      ))}
    </div>
  );
}
