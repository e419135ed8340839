import { css } from 'lit';

/** Colours and type of both elements. Each `--stepcast-…` may be set from outside; `theme` chooses between light and dark. */
export const theme = css`
  :host {
    --_text: var(--stepcast-text, #0f172a);
    --_muted: var(--stepcast-muted, #526077);
    --_background: var(--stepcast-background, #ffffff);
    --_surface: var(--stepcast-surface, #f5f7fa);
    --_line: var(--stepcast-line, #e2e7ee);
    --_focus: var(--stepcast-focus, #1d4ed8);
    --_running: var(--stepcast-running, #2563eb);
    --_succeeded: var(--stepcast-succeeded, #15803d);
    --_failed: var(--stepcast-failed, #c4231f);
    --_caught: var(--stepcast-caught, #a8560a);
    --_stopped: var(--stepcast-stopped, #64748b);
    --_queued: var(--stepcast-queued, #8a97a9);
    --_radius: var(--stepcast-radius, 10px);
    display: block;
    box-sizing: border-box;
    color: var(--_text);
    background: var(--_background);
    font: var(--stepcast-font, 400 14px/1.4 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
    color-scheme: light;
    container-type: inline-size;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    /* Not hidden: what sticks to the window inside would stick to this. */
    overflow: clip;
    text-align: start;
  }

  :host([hidden]) {
    display: none;
  }

  :host([theme='dark']) {
    --_text: var(--stepcast-text, #e8edf4);
    --_muted: var(--stepcast-muted, #9fadc0);
    --_background: var(--stepcast-background, #10151d);
    --_surface: var(--stepcast-surface, #19212c);
    --_line: var(--stepcast-line, #2a3542);
    --_focus: var(--stepcast-focus, #93b8ff);
    --_running: var(--stepcast-running, #6ea2ff);
    --_succeeded: var(--stepcast-succeeded, #4cc77c);
    --_failed: var(--stepcast-failed, #ff7b72);
    --_caught: var(--stepcast-caught, #f0a83c);
    --_stopped: var(--stepcast-stopped, #93a1b5);
    --_queued: var(--stepcast-queued, #6c7a8d);
    color-scheme: dark;
  }

  @media (prefers-color-scheme: dark) {
    :host(:not([theme='light'])) {
      --_text: var(--stepcast-text, #e8edf4);
      --_muted: var(--stepcast-muted, #9fadc0);
      --_background: var(--stepcast-background, #10151d);
      --_surface: var(--stepcast-surface, #19212c);
      --_line: var(--stepcast-line, #2a3542);
      --_focus: var(--stepcast-focus, #93b8ff);
      --_running: var(--stepcast-running, #6ea2ff);
      --_succeeded: var(--stepcast-succeeded, #4cc77c);
      --_failed: var(--stepcast-failed, #ff7b72);
      --_caught: var(--stepcast-caught, #f0a83c);
      --_stopped: var(--stepcast-stopped, #93a1b5);
      --_queued: var(--stepcast-queued, #6c7a8d);
      color-scheme: dark;
    }
  }

  [data-status] {
    --_status: var(--_queued);
  }
  [data-status='running'],
  [data-status='retrying'] {
    --_status: var(--_running);
  }
  [data-status='succeeded'] {
    --_status: var(--_succeeded);
  }
  [data-status='failed'],
  [data-status='timedOut'] {
    --_status: var(--_failed);
  }
  [data-status='caught'] {
    --_status: var(--_caught);
  }
  [data-status='aborted'] {
    --_status: var(--_stopped);
  }

  .icon {
    flex: none;
    inline-size: 16px;
    block-size: 16px;
    color: var(--_status);
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .empty {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 10px;
    padding: 32px 20px;
    color: var(--_muted);
  }

  @media (prefers-reduced-motion: no-preference) {
    .turning {
      animation: turn 1.1s linear infinite;
      transform-origin: 50% 50%;
      transform-box: fill-box;
    }
    @keyframes turn {
      to {
        transform: rotate(1turn);
      }
    }
  }

  :host([data-still]) * {
    animation: none !important;
  }
`;
