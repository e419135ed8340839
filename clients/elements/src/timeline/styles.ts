import { css, unsafeCSS } from 'lit';

/** Deeper rows stand no further to the right: there would be no room for their names. */
const DEEPEST = 9;
const indents = Array.from(
  { length: DEEPEST },
  (_, index) => `[aria-level='${index + 1}'] { --_level: ${index}; }`,
).join('\n');

export const timelineStyles = css`
  .head,
  .row {
    display: grid;
    grid-template-columns: minmax(220px, 42%) minmax(0, 1fr) 104px;
    align-items: stretch;
  }
  .head {
    block-size: 32px;
    color: var(--_muted);
    font-size: 12px;
    background: var(--_surface);
    border-block-end: 1px solid var(--_line);
  }
  .head > * {
    align-self: center;
  }
  .head .name {
    padding-inline-start: 14px;
  }
  .head .time,
  .time {
    padding-inline-end: 14px;
    text-align: end;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .axis {
    inline-size: 100%;
    block-size: 32px;
    overflow: visible;
  }
  .axis text {
    fill: var(--_muted);
    font-size: 11px;
    font-variant-numeric: tabular-nums;
  }

  .tree {
    padding-block: 4px;
  }
  .row {
    position: relative;
    min-block-size: 32px;
    outline: none;
    --_level: ${DEEPEST};
  }
  ${unsafeCSS(indents)}
  .row[aria-expanded] {
    cursor: pointer;
  }
  .row:hover {
    background: var(--_surface);
  }
  .row:focus-visible {
    box-shadow: inset 0 0 0 2px var(--_focus);
    border-radius: 6px;
  }

  .name {
    display: flex;
    gap: 7px;
    min-inline-size: 0;
    padding: 6px 10px 5px calc(10px + var(--_level, 0) * 18px);
  }
  .name .icon,
  .chevron {
    flex: none;
    margin-block-start: 2px;
  }
  .words {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    column-gap: 8px;
    min-inline-size: 0;
  }
  .chevron {
    margin-block-start: 4px;
    inline-size: 12px;
    block-size: 12px;
    fill: none;
    stroke: var(--_muted);
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  [aria-expanded='true'] .chevron {
    transform: rotate(90deg);
  }
  .label {
    min-inline-size: 0;
    max-inline-size: 100%;
    /* One line that ends with dots. Not by nowrap: a place to break inside of a name is one even then. */
    display: -webkit-box;
    overflow: hidden;
    overflow-wrap: anywhere;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 1;
  }
  [data-kind='execution'] .label {
    font-weight: 600;
  }
  [data-kind='iteration'] .label,
  [data-kind='branch'] .label,
  [data-kind='attempt'] .label,
  [data-kind='group'] .label,
  [data-kind='rest'] .label {
    color: var(--_muted);
  }
  .type {
    flex: none;
    padding: 0 6px;
    border: 1px solid var(--_line);
    border-radius: 5px;
    color: var(--_muted);
    font-size: 11px;
    line-height: 16px;
  }
  .detail {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--_muted);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .detail[data-tried] {
    color: var(--_caught);
  }
  .report {
    display: flex;
    flex-basis: 100%;
    gap: 6px;
    min-inline-size: 0;
    color: var(--_muted);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .report .meter {
    margin-block-start: 6px;
  }
  .meter {
    flex: none;
    inline-size: 44px;
    block-size: 6px;
    border-radius: 3px;
    background: var(--_line);
    overflow: hidden;
  }
  .meter rect,
  .bar {
    fill: var(--_status);
  }
  .error {
    flex-basis: 100%;
    color: var(--_failed);
    font-size: 12px;
    overflow-wrap: anywhere;
  }
  [data-kind='execution'] .error,
  .error.mended {
    color: var(--_muted);
  }
  .line {
    position: relative;
  }
  .line svg {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    overflow: visible;
  }
  .row .time {
    align-self: start;
    padding-block-start: 6px;
    color: var(--_muted);
    font-size: 13px;
  }
  .grid {
    stroke: var(--_line);
    stroke-width: 1;
  }
  .frame {
    opacity: 0.6;
  }
  @media (prefers-reduced-motion: no-preference) {
    .bar[data-status='running'],
    .bar[data-status='retrying'] {
      animation: breathe 2s ease-in-out infinite;
    }
    @keyframes breathe {
      50% {
        opacity: 0.6;
      }
    }
  }

  @container (max-width: 560px) {
    .head,
    .row {
      grid-template-columns: minmax(0, 1fr) auto;
    }
    .head .name {
      display: none;
    }
    .head {
      padding-inline-start: 14px;
    }
    .head .time {
      display: none;
    }
    .name {
      padding-inline-start: calc(8px + var(--_level, 0) * 12px);
    }
    .row {
      padding-block-end: 2px;
    }
    .line {
      grid-row: 2;
      grid-column: 1 / -1;
      block-size: 14px;
      margin: 0 14px;
    }
    .line svg {
      transform: translateY(-9px);
    }
    .line .grid {
      display: none;
    }
    .axis {
      grid-column: 1 / -1;
      padding-inline-end: 14px;
      box-sizing: border-box;
    }
    .row:not([data-span]) .line,
    .row[data-brief] .line {
      display: none;
    }
    .type {
      display: none;
    }
    .label {
      display: block;
    }
  }
`;
