import { css } from 'lit';

/** The filter above the lines, and the details of one beside or, where there is no room, below them. */
export const panelStyles = css`
  .filter {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 12px;
    padding: 8px 10px;
    border-block-end: 1px solid var(--_line);
  }
  .filter [role='status'] {
    color: var(--_muted);
    font-size: 12px;
  }
  .filter input,
  .filter button {
    box-sizing: border-box;
    min-block-size: 32px;
    padding: 4px 10px;
    border: 1px solid var(--_line);
    border-radius: 6px;
    color: inherit;
    background: var(--_background);
    font: inherit;
    font-size: 13px;
  }
  .filter input {
    flex: 1 1 160px;
    min-inline-size: 0;
    max-inline-size: 280px;
  }
  .filter input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  .kinds {
    display: flex;
  }
  .kinds button {
    border-radius: 0;
    margin-inline-start: -1px;
    cursor: pointer;
  }
  .kinds button:first-child {
    border-start-start-radius: 6px;
    border-end-start-radius: 6px;
    margin-inline-start: 0;
  }
  .kinds button:last-child {
    border-start-end-radius: 6px;
    border-end-end-radius: 6px;
  }
  .kinds [aria-pressed='true'] {
    position: relative;
    border-color: var(--_focus);
    color: var(--_focus);
    background: var(--_surface);
    font-weight: 600;
  }
  :is(.filter, .details) :is(input, button):focus-visible {
    position: relative;
    outline: 2px solid var(--_focus);
    outline-offset: 1px;
  }

  .row[aria-selected] {
    cursor: pointer;
  }
  /* A line that gets the focus is not below the details. */
  .body[data-details] .row {
    scroll-margin-block-end: min(50vh, 420px);
  }
  .row[aria-selected='true'] {
    background: var(--_surface);
    box-shadow: inset 3px 0 0 var(--_focus);
  }
  .row[aria-selected='true']:focus-visible {
    box-shadow: inset 0 0 0 2px var(--_focus);
  }

  .details {
    position: sticky;
    inset-block-end: 0;
    z-index: 1;
    box-sizing: border-box;
    max-block-size: min(50vh, 420px);
    padding: 12px 14px 14px;
    overflow: auto;
    border-block-start: 1px solid var(--_line);
    background: var(--_background);
    box-shadow: 0 -6px 16px rgb(0 0 0 / 8%);
    font-size: 13px;
  }
  .details header {
    display: flex;
    align-items: flex-start;
    gap: 8px;
    margin-block-end: 8px;
  }
  .details header .icon {
    margin-block-start: 6px;
  }
  .details .title {
    flex: 1;
    min-inline-size: 0;
    margin: 0;
    padding-block: 4px;
    font-size: 14px;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .close {
    flex: none;
    inline-size: 28px;
    block-size: 28px;
    padding: 6px;
    border: 0;
    border-radius: 6px;
    color: var(--_muted);
    background: none;
    cursor: pointer;
  }
  .close:hover {
    background: var(--_surface);
  }
  .close svg {
    display: block;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
  }
  .details dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(130px, 1fr));
    gap: 8px 16px;
    margin: 0;
  }
  .details dl > div {
    min-inline-size: 0;
  }
  .details dl > div:has(.error) {
    grid-column: 1 / -1;
  }
  .details dt {
    color: var(--_muted);
    font-size: 12px;
  }
  .details dd {
    margin: 0;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  .details .error {
    font-size: inherit;
  }
  .details ol {
    display: grid;
    gap: 8px;
    margin: 12px 0 0;
    padding: 10px 0 0;
    border-block-start: 1px solid var(--_line);
    list-style: none;
    font-variant-numeric: tabular-nums;
  }
  .details li {
    display: flex;
    gap: 8px;
  }

  @container (min-width: 860px) {
    .body[data-details] {
      display: grid;
      grid-template-columns: minmax(0, 1fr) 300px;
    }
    .body[data-details] .row {
      scroll-margin-block-end: 0;
    }
    .body[data-details] .lines {
      border-inline-end: 1px solid var(--_line);
    }
    .details {
      inset-block: 0 auto;
      align-self: start;
      max-block-size: 100vh;
      border-block-start: 0;
      box-shadow: none;
    }
    .details dl {
      grid-template-columns: 1fr;
    }
  }
  @container (max-width: 560px) {
    /* Smaller letters make some phones zoom in. */
    .filter input {
      flex-basis: 100%;
      max-inline-size: none;
      font-size: 16px;
    }
    .filter button {
      min-block-size: 40px;
    }
    .close {
      inline-size: 40px;
      block-size: 40px;
      padding: 12px;
      margin: -6px -8px 0 0;
    }
  }
`;
