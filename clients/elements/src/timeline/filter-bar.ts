import { html, nothing, type TemplateResult } from 'lit';
import type { Filter, FilterKind } from '../model/filter.ts';
import { formatCount } from '../model/groups.ts';

const KINDS: readonly (readonly [FilterKind, string])[] = [
  ['all', 'All'],
  ['running', 'Running'],
  ['trouble', 'Errors and retries'],
];

/** What narrows a long timeline: part of a name, and what is running or went wrong. */
export function filterBar(
  filter: Filter,
  {
    matches,
    isPartial,
    of,
    change,
  }: {
    /** Undefined while nothing is filtered. */
    readonly matches: number | undefined;
    /** Some lines are only counted, and not found. */
    readonly isPartial: boolean;
    /** How the timeline is called. */
    readonly of: string;
    readonly change: (filter: Filter) => void;
  },
): TemplateResult {
  return html`<div class="filter" part="filter" role="search" aria-label=${`Filter, ${of}`}>
    <input
      type="search"
      placeholder="Find a step"
      aria-label=${`Find a step, ${of}`}
      .value=${filter.name}
      @input=${(event: Event) => {
        if (event.target instanceof HTMLInputElement) change({ ...filter, name: event.target.value });
      }}
    />
    <div class="kinds" role="group" aria-label=${`What is shown, ${of}`}>
      ${KINDS.map(
        ([kind, words]) =>
          html`<button
            type="button"
            aria-pressed=${kind === filter.kind ? 'true' : 'false'}
            @click=${() => change({ ...filter, kind })}
          >
            ${words}
          </button>`,
      )}
    </div>
    <span role="status"
      >${matches === undefined ? nothing : words(matches)}${
        matches !== undefined && isPartial ? '; items that went well are only counted' : nothing
      }</span
    >
  </div>`;
}

function words(matches: number): string {
  return matches === 0 ? 'None found' : `${formatCount(matches)} found`;
}
