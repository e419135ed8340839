import { html, nothing, type TemplateResult } from 'lit';
import { hasDetails, type Line } from '../model/lines.ts';
import type { Attempt } from '../model/trace.ts';
import type { TreeNode } from '../model/tree.ts';
import { detailOf, durationOf, errorText, formatDuration, reportText, STATUS_WORDS } from '../model/words.ts';
import { statusIcon } from '../shared/icons.ts';

const clock = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/**
 * All that is known of one line. Never what went in or came out of it: that does not travel.
 *
 * @param from when the timeline begins
 */
export function detailsTemplate(
  { node, around }: Line,
  {
    from,
    now,
    close,
    onKeyDown,
  }: {
    readonly from: number;
    readonly now: number;
    readonly close: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  },
): TemplateResult {
  const { label, type, status, startedAt, endedAt, error, report, attempts } = node;
  const many = detailOf({ ...node, attempts: [], tries: 0 });
  const tries = Math.max(attempts.at(-1)?.number ?? 0, node.tries ?? 0);
  const isPart = node.kind === 'iteration' || node.kind === 'branch';
  const path = around.filter(hasDetails).map((one) => one.label);
  return html`<section
    class="details"
    part="details"
    aria-label=${`Details of ${label}`}
    @keydown=${onKeyDown}
  >
    <header>
      ${statusIcon(status)}
      <strong class="title">${label}</strong>
      <button type="button" class="close" aria-label=${`Close the details of ${label}`} @click=${close}>
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d="m4 4 8 8m0-8-8 8" /></svg>
      </button>
    </header>
    <dl>
      ${fact('Status', STATUS_WORDS[status])}
      ${type === null || type === 'Unknown' ? nothing : fact('Type', type)}
      ${path.length === 0 ? nothing : fact('In', path.join(' › '))}
      ${startedAt === null ? nothing : fact('Started', moment(startedAt, from))}
      ${startedAt === null || endedAt === null ? nothing : fact('Ended', moment(endedAt, from))}
      ${durationFact(node, now)}
      ${many === '' ? nothing : fact(node.counts === undefined ? 'Entered' : 'Items', many)}
      ${report === undefined ? nothing : fact('It says', reportText(report))}
      ${tries > 1 || (isPart && tries > 0) ? fact(isPart ? 'Tried again' : 'Attempts', String(tries)) : nothing}
      ${error === undefined ? nothing : fact('Error', html`<span class="error">${errorText(error)}</span>`)}
    </dl>
    ${
      attempts.length > 1
        ? html`<ol>
            ${attempts.map((one) => attemptTemplate(one, from, now))}
          </ol>`
        : nothing
    }
  </section>`;
}

function fact(name: string, value: string | TemplateResult): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

/** When something was, by the clock of the reader, and how long after the beginning. */
function moment(at: number, from: number): TemplateResult {
  const after = at - from < 1 ? '' : ` (after ${formatDuration(at - from)})`;
  return html`<time datetime=${new Date(at).toISOString()}>${clock.format(at)}</time>${after}`;
}

function durationFact(node: TreeNode, now: number): TemplateResult | typeof nothing {
  const duration = durationOf(node, now);
  if (duration === null) return nothing;
  return fact(node.endedAt === null ? 'So far' : 'Duration', formatDuration(duration));
}

function attemptTemplate({ number, status, startedAt, endedAt, error }: Attempt, from: number, now: number) {
  return html`<li>
    ${statusIcon(status)}
    <div>
      Attempt ${number}: ${STATUS_WORDS[status]},
      ${formatDuration(Math.max(0, (endedAt ?? now) - startedAt))}${
        startedAt - from < 1 ? '' : `, after ${formatDuration(startedAt - from)}`
      }
      ${error === undefined ? nothing : html`<div class="error">${errorText(error)}</div>`}
    </div>
  </li>`;
}
