import type { AuditReply } from '@stepcast/operations/api';
import { useCallback } from 'react';
import { usePage } from '../context.ts';
import { time } from '../format.ts';
import { Chip, Empty, Problem, Section, Table } from '../parts/parts.tsx';
import { usePolling } from '../polling.ts';

const TONES = { begun: 'calm', resumed: 'calm', done: 'good', failed: 'alert' } as const;

/** A change that has a beginning only is still under way, or was killed. */
function outcomeChip({ outcome, followedBy }: AuditReply['entries'][number]) {
  if (followedBy === 'nothing') return <Chip tone="warn">unfinished</Chip>;
  return <Chip tone={TONES[outcome]}>{followedBy === 'resumption' ? 'resumed later' : outcome}</Chip>;
}

/** Who changed what, when and why; by the command or by this page. */
export function AuditView() {
  const { api, session } = usePage();
  const ask = useCallback((signal: AbortSignal) => api.audit(signal), [api]);
  const { data, problem, refresh } = usePolling(ask, session.poll.tableMs);
  return (
    <Section title="Audit" aside={data?.month}>
      <Problem problem={data === undefined ? problem : undefined} onAgain={refresh} />
      {data === undefined && problem === undefined ? <Empty>Reading the audit…</Empty> : null}
      {data?.entries.length === 0 ? <Empty>Nothing was changed this month.</Empty> : null}
      {data === undefined || data.entries.length === 0 ? null : (
        <Table
          label="Audit"
          rows={data.entries.map((entry, index) => ({ ...entry, key: `${entry.at}#${index}` }))}
          keyOf={({ key }) => key}
          columns={[
            { name: 'When', kind: 'number', cell: ({ at }) => time(at, Date.now()) },
            { name: 'What', kind: 'words', cell: ({ action }) => action },
            { name: 'Outcome', cell: outcomeChip },
            { name: 'Subject', kind: 'code', cell: ({ subject }) => subject },
            { name: 'Reason', kind: 'wide', cell: ({ reason }) => reason ?? '–' },
            { name: 'Detail', kind: 'wide', cell: ({ detail }) => detail ?? '–' },
            { name: 'Who', kind: 'code', cell: ({ who }) => who },
          ]}
        />
      )}
    </Section>
  );
}
