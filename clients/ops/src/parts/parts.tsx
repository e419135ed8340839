import { useId, type ReactNode } from 'react';
import type { ApiProblem } from '../api/client.ts';

export type Tone = 'calm' | 'good' | 'warn' | 'alert';

/** A word or two with a colour that says how bad it is; the words say it too. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className="chip" data-tone={tone}>
      {children}
    </span>
  );
}

/** A part of a view, under a heading of its own. */
export function Section({
  title,
  aside,
  children,
}: {
  readonly title: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside === undefined ? null : <div className="panel-aside">{aside}</div>}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}

/** What went wrong, and what helps. */
export function Problem({
  problem,
  onAgain,
  onCandidate,
}: {
  readonly problem: ApiProblem | undefined;
  readonly onAgain?: (() => void) | undefined;
  readonly onCandidate?: (candidate: string) => void;
}) {
  if (problem === undefined) return null;
  const { message, more, candidates } = problem;
  return (
    <div className="problem" role="alert">
      <p>{message}</p>
      {candidates.length > 0 && onCandidate !== undefined ? (
        <ul className="candidates">
          {candidates.map((candidate) => (
            <li key={candidate}>
              <button type="button" className="plain code" onClick={() => onCandidate(candidate)}>
                {candidate}
              </button>
            </li>
          ))}
        </ul>
      ) : (
        more.map((line) => <p key={line}>{line.trim()}</p>)
      )}
      {onAgain === undefined ? null : (
        <button type="button" className="second" onClick={onAgain}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A calm sentence where there is nothing to show. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly kind?: 'number' | 'code' | 'words' | 'wide' | 'actions';
}

/** A table that turns into cards on a phone, where each cell says its column. */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}) {
  return (
    // With a keyboard a table that is too wide is scrolled here.
    <div className="table-box" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" data-kind={kind}>
                {kind === 'actions' ? <span className="unseen">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, kind, cell }) => (
                <td key={name} data-kind={kind} data-name={name}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Names and what they say. */
export function Pairs({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** How far something is. @param share from 0 to 1; null: nobody knows */
export function Bar({ share, label }: { readonly share: number | null; readonly label: string }) {
  return (
    <div
      className={share === null ? 'bar unmeasured' : 'bar'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share === null ? {} : { 'aria-valuenow': Math.floor(share * 100) })}
    >
      <div className="fill" style={{ width: `${(share ?? 1) * 100}%` }} />
    </div>
  );
}

const STATUS_TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  running: 'calm',
  queued: 'calm',
  failed: 'alert',
  timedOut: 'alert',
  aborted: 'warn',
};

/** The status of an upload or an execution. */
export function StatusChip({ status }: { readonly status: string | null }) {
  return <Chip tone={STATUS_TONES[status ?? ''] ?? 'calm'}>{status ?? 'unknown'}</Chip>;
}
