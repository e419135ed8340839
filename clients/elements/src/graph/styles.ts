import { css } from 'lit';

export const graphStyles = css`
  :host {
    position: relative;
  }
  .scroll {
    overflow: auto;
    max-block-size: var(--stepcast-graph-height, 80vh);
    text-align: center;
    outline: none;
  }
  .scroll:focus-visible {
    box-shadow: inset 0 0 0 2px var(--_focus);
    border-radius: var(--_radius);
  }
  .drawing {
    display: inline-block;
    vertical-align: top;
    text-align: start;
  }

  .node rect {
    fill: var(--_background);
    stroke: var(--_status);
    stroke-width: 1.5;
  }
  .node[data-status='queued'] rect,
  .group[data-status='queued'] rect {
    stroke: var(--_line);
  }
  .node[data-status='running'] rect.box,
  .node[data-status='retrying'] rect.box {
    stroke-width: 2;
    fill: color-mix(in srgb, var(--_running) 9%, var(--_background));
  }
  .node[data-status='failed'] rect.box {
    fill: color-mix(in srgb, var(--_failed) 8%, var(--_background));
  }
  .node[data-status='caught'] rect.box {
    fill: color-mix(in srgb, var(--_caught) 8%, var(--_background));
  }
  .group rect {
    fill: var(--_surface);
    stroke: var(--_status);
    stroke-width: 1.25;
  }
  .node,
  .group {
    cursor: pointer;
  }
  .terminal rect {
    fill: var(--_surface);
    stroke: var(--_line);
  }
  .terminal text {
    fill: var(--_muted);
    font-size: 12px;
    text-anchor: middle;
  }
  .title {
    fill: var(--_text);
    font-size: 13px;
    font-weight: 550;
  }
  [data-status='queued'] .title {
    fill: var(--_muted);
  }
  .note {
    fill: var(--_muted);
    font-size: 11px;
    font-variant-numeric: tabular-nums;
  }
  .note.tried {
    fill: var(--_caught);
  }
  .status {
    fill: none;
    stroke: var(--_status);
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .track {
    fill: var(--_line);
    stroke: none;
  }
  :is(.group, .node) .track,
  :is(.group, .node) .done {
    stroke: none;
  }
  :is(.group, .node) .track {
    fill: var(--_line);
  }
  :is(.group, .node) .done {
    fill: var(--_status);
  }

  .edge {
    fill: none;
    stroke: color-mix(in srgb, var(--_queued) 60%, var(--_background));
    stroke-width: 1.25;
  }
  .edge.caught {
    stroke-dasharray: 4 4;
  }
  .edge.taken {
    stroke: var(--_succeeded);
    stroke-width: 2;
  }
  .edge.taken.caught {
    stroke: var(--_caught);
  }
  .head {
    fill: color-mix(in srgb, var(--_queued) 60%, var(--_background));
  }
  .head.taken {
    fill: var(--_succeeded);
  }
  .head.taken.caught {
    fill: var(--_caught);
  }

  @media (prefers-reduced-motion: no-preference) {
    .node[data-status='running'] rect.box,
    .node[data-status='retrying'] rect.box {
      animation: breathe 2s ease-in-out infinite;
    }
    @keyframes breathe {
      50% {
        stroke-opacity: 0.35;
      }
    }
  }

  .tools {
    position: absolute;
    inset-block-start: 10px;
    inset-inline-end: 10px;
    display: flex;
    border: 1px solid var(--_line);
    border-radius: 8px;
    background: var(--_background);
    overflow: hidden;
  }
  .tools button {
    min-inline-size: 34px;
    block-size: 34px;
    padding: 0 8px;
    border: 0;
    color: var(--_muted);
    background: none;
    font: inherit;
    font-size: 13px;
    cursor: pointer;
  }
  .tools button + button {
    border-inline-start: 1px solid var(--_line);
  }
  .tools button:hover {
    color: var(--_text);
    background: var(--_surface);
  }
  .tools button:focus-visible {
    outline: 2px solid var(--_focus);
    outline-offset: -2px;
  }
`;
