import { html, nothing, svg, type TemplateResult } from 'lit';
import { hasDetails } from '../model/lines.ts';
import type { Row } from '../model/rows.ts';
import type { Counts, TreeNode } from '../model/tree.ts';
import { detailOf, durationText, errorText, namePieces, reportText, STATUS_WORDS } from '../model/words.ts';
import { statusIcon } from '../shared/icons.ts';
import type { Axis } from './axis.ts';
import { bar, isBrief } from './bar.ts';

/** One line of the tree. Its name is its text, but for a clock that runs, which nobody wants to hear again and again. */
export function rowTemplate(
  row: Row,
  axis: Axis,
  now: number,
  { isActive, isSelected }: { readonly isActive: boolean; readonly isSelected: boolean },
): TemplateResult {
  const { node, level, place, siblings, expanded } = row;
  return html`<div
    class="row"
    part="row"
    role="treeitem"
    tabindex=${isActive ? 0 : -1}
    data-id=${node.id}
    data-kind=${node.kind}
    ?data-span=${node.startedAt !== null}
    ?data-brief=${isBrief(node, axis, now)}
    aria-level=${level}
    aria-posinset=${place}
    aria-setsize=${siblings}
    aria-expanded=${expanded ?? nothing}
    aria-selected=${hasDetails(node) ? (isSelected ? 'true' : 'false') : nothing}
  >
    <div class="name" part="name">
      <svg class="chevron" viewBox="0 0 12 12" aria-hidden="true">
        ${expanded === undefined ? nothing : svg`<path d="m4.5 2.5 3.5 3.5-3.5 3.5" />`}
      </svg>
      ${node.kind === 'rest' ? nothing : statusIcon(node.status)}
      <div class="words">
        <span class="label" part="label" title=${node.label}>${breakable(node.label)}</span>
        ${node.type === null || node.type === 'Unknown' ? nothing : html`<span class="type">${node.type}</span>`}
        <span class="hidden">${spokenStatus(node)}</span>
        ${detailTemplate(row)}${reportTemplate(node.report)}
        ${
          node.error === undefined || isSaidBelow(row)
            ? nothing
            : html`<span class=${isMended(node) ? 'error mended' : 'error'} part="error"
                >${breakable(errorText(node.error))}</span
              >`
        }
      </div>
    </div>
    <div class="line"><svg aria-hidden="true">${bar(node, axis, now)}</svg></div>
    <div class="time" part="duration" aria-hidden=${node.endedAt === null ? 'true' : nothing}>
      ${durationText(node, now)}
    </div>
  </div>`;
}

/** A name that breaks between its words, not inside of one. */
function breakable(name: string) {
  return namePieces(name).map((piece, index) => (index === 0 ? piece : html`<wbr />${piece}`));
}

/** What is around a step that failed fails with the same error. */
function isSaidBelow({ node, expanded }: Row): boolean {
  return expanded === true && node.children.some(({ error }) => error?.name === node.error?.name);
}

/** An error that did no harm in the end stands back. */
function isMended({ status }: TreeNode): boolean {
  return status !== 'failed' && status !== 'timedOut';
}

/** What the eye has from the icon. */
function spokenStatus({ kind, status }: TreeNode): string {
  return kind === 'group' || kind === 'rest' ? '' : STATUS_WORDS[status];
}

function detailTemplate({ node, expanded }: Row): TemplateResult | typeof nothing {
  // Of a branch or iteration that is open, its steps say how often they were tried.
  const isPart = node.kind === 'iteration' || node.kind === 'branch';
  const text = isPart && expanded === true ? '' : detailOf(node);
  if (text === '') return nothing;
  return html`<span class="detail" ?data-tried=${node.attempts.length > 1 || (node.tries ?? 0) > 0}
    >${meter(node.counts)}${text}</span
  >`;
}

/** How far the step says that it is, on a line of its own. Its text says the same to those who do not see the bar. */
function reportTemplate(report: TreeNode['report']): TemplateResult | typeof nothing {
  if (report === undefined) return nothing;
  const bar =
    report.percent === undefined
      ? nothing
      : html`<svg class="meter" aria-hidden="true">
          <rect data-status="running" width=${`${report.percent}%`} height="6" />
        </svg>`;
  return html`<span class="report" part="report">${bar}<span>${reportText(report)}</span></span>`;
}

/** How many items went well, and how many failed, of all. */
function meter(counts: Counts | undefined): TemplateResult | typeof nothing {
  if (counts?.total === undefined || counts.total === null || counts.total === 0) return nothing;
  const well = (counts.succeeded / counts.total) * 100;
  const badly = (counts.failed / counts.total) * 100;
  return html`<svg class="meter" aria-hidden="true">
    <rect data-status="succeeded" width=${`${well}%`} height="6" />
    <rect data-status="failed" x=${`${well}%`} width=${`${badly}%`} height="6" />
  </svg>`;
}
